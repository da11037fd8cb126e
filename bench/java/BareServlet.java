package bare;

import algorithm.Algorithm;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http11.Http11NioProtocol;
import sagemaker.Rows;

/** The limit: Tomcat and the same model, with one line of CSV in, one out, and nothing else. */
public final class BareServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  public static void main(String[] arguments) throws Exception {
    var algorithm = new Algorithm();
    var model = algorithm.load(Path.of("/opt/ml/model"));
    var tomcat = new Tomcat();
    tomcat.setBaseDir("/tmp");
    var connector = tomcat.getConnector();
    ((Http11NioProtocol) connector.getProtocolHandler()).setMaxKeepAliveRequests(-1);
    String socket = System.getProperty("serve.socket", "");
    if (socket.isEmpty()) {
      connector.setPort(8080);
    } else {
      connector.setProperty("unixDomainSocketPath", socket);
      connector.setProperty("unixDomainSocketPathPermissions", "rw-rw-rw-");
      connector.setProperty(
          "unixDomainSocketParentOwner", Files.getOwner(Path.of(socket).getParent()).getName());
    }
    var context = tomcat.addContext("", null);
    Tomcat.addServlet(context, "ping", new Ping());
    context.addServletMappingDecoded("/ping", "ping");
    Tomcat.addServlet(context, "invocations", new Invocations(algorithm, model));
    context.addServletMappingDecoded("/*", "invocations");
    tomcat.start();
    if (!socket.isEmpty()) { // says so to program/serve
      Files.write(Path.of(socket.replace("jvm-", "ready-").replace(".sock", "")), new byte[0]);
    }
    tomcat.getServer().await();
  }

  private static final class Ping extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {}
  }

  private static final class Invocations extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient Algorithm algorithm;
    private final transient org.tribuo.Model<org.tribuo.classification.Label> model;

    private Invocations(
        Algorithm algorithm, org.tribuo.Model<org.tribuo.classification.Label> model) {
      this.algorithm = algorithm;
      this.model = model;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String text = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var rows = new Rows.Builder(algorithm.columns());
      for (String cell : text.strip().split(",")) {
        rows.number(Double.parseDouble(cell));
      }
      byte[] answer =
          (algorithm.predict(model, rows.build()).getFirst() + "\n")
              .getBytes(StandardCharsets.UTF_8);
      response.setContentType("text/csv");
      response.setContentLength(answer.length);
      response.getOutputStream().write(answer);
    }
  }
}
