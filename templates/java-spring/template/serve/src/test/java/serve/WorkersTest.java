package serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class WorkersTest {

  private static final Duration TIMEOUT = Duration.ofMillis(600);
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(20);

  @Test
  void countsAsHangingWhatHasRunTooLongHoweverLongItHadWaited() throws Exception {
    Logger.getLogger("").setLevel(Level.OFF);
    var found = new CountDownLatch(1);
    Workers workers = workers(threads -> found.countDown());
    var second = new CompletableFuture<byte[]>();
    Thread waiting = Thread.ofPlatform().unstarted(() -> hang(workers, found, second));
    var freed = new CompletableFuture<Long>();
    workers.call(
        null,
        () -> {
          waiting.start();
          Thread.sleep(TIMEOUT.toMillis() / 3); // while the second one waits
          freed.complete(System.nanoTime());
          return new byte[0];
        });
    assertTrue(found.await(20, TimeUnit.SECONDS));
    Duration ran = Duration.ofNanos(System.nanoTime() - freed.get());
    assertTrue(ran.compareTo(TIMEOUT.plus(Workers.PATIENCE)) >= 0, "hangs after " + ran);
    assertNull(second.get(), "it was answered when its time was over");
  }

  @Test
  void looksOnAfterAFailure() {
    Logger.getLogger("").setLevel(Level.OFF);
    var found = new CountDownLatch(2);
    Workers workers =
        workers(
            threads -> {
              found.countDown();
              throw new OutOfMemoryError("Java heap space");
            });
    hang(workers, found, new CompletableFuture<>());
    assertEquals(0, found.getCount());
  }

  private static Workers workers(Workers.HangListener onHang) {
    var settings = new Settings(null, 0, 1, TIMEOUT, TIMEOUT, 1, false, false, "{}");
    return new Workers(settings, new ErrorAnswers(settings), onHang);
  }

  /** Asks for a prediction that does not end, whatever interrupts it, before it is found. */
  private static void hang(
      Workers workers, CountDownLatch found, CompletableFuture<byte[]> answer) {
    long started = System.nanoTime();
    try {
      answer.complete(
          workers.call(
              null,
              () -> {
                while (found.getCount() > 0 && System.nanoTime() - started < MOST_NANOS) {
                  Thread.onSpinWait();
                }
                return new byte[0];
              }));
    } catch (Exception error) {
      answer.completeExceptionally(error);
    }
  }
}
