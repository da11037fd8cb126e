package serve;

import algorithm.Algorithm;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import sagemaker.SageMakerAlgorithm;

/** The server that {@code program/serve} starts: loads the model, then answers requests. */
@SpringBootConfiguration(proxyBeanMethods = false)
@Import({
  WebServer.class,
  InvocationsController.class,
  PlatformController.class,
  PlaygroundController.class
})
class Serve {

  /** OPT_ML is for a run outside of the container, as in an IDE. */
  private static final Path MODEL =
      Path.of(System.getenv().getOrDefault("OPT_ML", "/opt/ml"), "model");

  private static volatile int exitCode;

  public static void main(String[] arguments) {
    Settings settings = Settings.ofSystemProperties();
    Predictor<?> predictor = load(new Algorithm(), settings);
    ConfigurableApplicationContext context = start(settings, predictor);
    settings.publishColumns(predictor.describeColumns());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(context)));
    settings.announceReady();
  }

  static ConfigurableApplicationContext start(Settings settings, Predictor<?> predictor) {
    // the JDK's own logging is enough: program/logging.properties
    System.setProperty(LoggingSystem.SYSTEM_PROPERTY, LoggingSystem.NONE);
    var application = new SpringApplication(Serve.class);
    application.setBannerMode(Banner.Mode.OFF);
    application.setLogStartupInfo(false);
    application.setRegisterShutdownHook(false);
    application.addInitializers(
        context -> {
          context.getBeanFactory().registerSingleton("settings", settings);
          context.getBeanFactory().registerSingleton("predictor", predictor);
        });
    return application.run();
  }

  /**
   * Finishes requests in flight, but for those that hang, and ends with a code of its own: the
   * JVM's would be 143.
   */
  private static void stop(ConfigurableApplicationContext context) {
    Workers workers = context.getBean(Workers.class);
    Thread closing = Thread.ofPlatform().start(context::close);
    int polls = 0; // twice in a row: a request that ends is counted off in two steps
    try {
      while (polls < 2 && !closing.join(Duration.ofMillis(50))) {
        polls = workers.onlyHang() ? polls + 1 : 0;
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(exitCode);
  }

  private static <M> Predictor<M> load(SageMakerAlgorithm<M> algorithm, Settings settings) {
    try {
      return new Predictor<>(algorithm, algorithm.load(MODEL), settings.isBatch());
    } catch (Throwable error) { // the container ends (H12)
      error.printStackTrace();
      System.err.printf(
          "serve: cannot load the model in %s: %s: %s%n",
          MODEL, error.getClass().getSimpleName(), error.getMessage());
      System.exit(1);
      throw new AssertionError(error);
    }
  }

  @Bean
  ErrorAnswers errorAnswers(Settings settings) {
    return new ErrorAnswers(settings);
  }

  @Bean
  Workers workers(Settings settings, ErrorAnswers errors) {
    return new Workers(settings, errors, threads -> replace(settings, threads));
  }

  /**
   * Threads that hang burn CPU for ever: another JVM takes over, or, without a supervisor, another
   * container.
   */
  private static void replace(Settings settings, int hanging) {
    if (!settings.isDirect()) {
      settings.askForReplacement();
    } else if (hanging > settings.workers()) {
      System.err.printf(
          "serve: %d predictions hang: ending, a new container has to take over%n", hanging);
      exitCode = 1;
      System.exit(1);
    }
  }
}
