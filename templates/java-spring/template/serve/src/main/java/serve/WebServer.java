package serve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.apache.coyote.http11.Http11NioProtocol;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.Shutdown;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.DefaultLifecycleProcessor;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * Tomcat, on a unix socket behind nginx or on the port itself, with Spring MVC in it and nothing
 * else.
 */
@Configuration(proxyBeanMethods = false)
class WebServer {

  private static final int THREADS = Workers.MOST_REQUESTS + 24; // the rest is for /ping

  @Bean
  TomcatServletWebServerFactory webServerFactory(Settings settings, ErrorAnswers errors) {
    var factory = new TomcatServletWebServerFactory(settings.isDirect() ? settings.port() : 0);
    factory.setShutdown(Shutdown.GRACEFUL);
    factory.addConnectorCustomizers(connector -> customize(connector, settings));
    factory.addContextCustomizers(
        context -> {
          StandardHost host = (StandardHost) context.getParent();
          host.setErrorReportValveClass(""); // instead of its HTML pages
          host.getPipeline().addValve(errors);
        });
    return factory;
  }

  private static void customize(Connector connector, Settings settings) {
    if (!settings.isDirect()) {
      listenOnSocket(connector, settings.socket());
    }
    var protocol = (Http11NioProtocol) connector.getProtocolHandler();
    protocol.setMaxThreads(THREADS);
    protocol.setAcceptCount(4096);
    protocol.setConnectionTimeout(60_000); // milliseconds, between two parts of a request
    protocol.setKeepAliveTimeout(75_000);
    protocol.setMaxKeepAliveRequests(-1); // as many as the other side likes
    // takes the rest of what is refused, so that the client reads why
    protocol.setMaxSwallowSize(-1);
  }

  private static void listenOnSocket(Connector connector, Path socket) {
    try {
      connector.setProperty("unixDomainSocketPath", socket.toString());
      // nginx's workers are another user
      connector.setProperty("unixDomainSocketPathPermissions", "rw-rw-rw-");
      // the JVM's user may have no name
      String owner = Files.getOwner(socket.getParent()).getName();
      connector.setProperty("unixDomainSocketParentOwner", owner);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Bean
  DispatcherServlet dispatcherServlet() {
    var servlet = new DispatcherServlet();
    servlet.setPublishEvents(false); // nobody listens, and it costs
    return servlet;
  }

  /** Waits for requests in flight when the server stops. */
  @Bean
  DefaultLifecycleProcessor lifecycleProcessor(Settings settings) {
    var lifecycle = new DefaultLifecycleProcessor();
    lifecycle.setTimeoutPerShutdownPhase(settings.grace().toMillis());
    return lifecycle;
  }
}
