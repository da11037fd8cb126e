package serve;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Lets as many predictions run at a time as there are workers, each on the thread of its request.
 *
 * <p>Java cannot end a thread that hangs. So a watchdog answers 504 in its stead, interrupts it,
 * and lets another request have its place. A thread that still hangs then goes on burning CPU:
 * {@code onHang} learns of how many there are.
 */
final class Workers {

  /** How many requests may be worked on or wait for a worker. */
  static final int MOST_REQUESTS = 1000;

  /** How long a thread may go on after its time, before it counts as hanging. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final System.Logger LOG = System.getLogger("serve");
  private static final long TICK_MILLIS = 50;

  private final Settings settings;
  private final ErrorAnswers errors;
  private final HangListener onHang;
  private final Semaphore free;
  private final AtomicInteger requests = new AtomicInteger();
  private final Set<Prediction> running = ConcurrentHashMap.newKeySet();
  private final Set<Prediction> overdue = ConcurrentHashMap.newKeySet();

  /** Is told, again and again, how many threads hang. */
  @FunctionalInterface
  interface HangListener {
    void hanging(int threads);
  }

  Workers(Settings settings, ErrorAnswers errors, HangListener onHang) {
    this.settings = settings;
    this.errors = errors;
    this.onHang = onHang;
    free = new Semaphore(settings.workers());
    Thread.ofPlatform().daemon().name("watchdog").start(this::watch);
  }

  /**
   * Lets a request in, which has to {@link #leave} again.
   *
   * @throws RefusedException if too many are waiting: some threads have to be left for /ping
   */
  void enter() {
    if (requests.incrementAndGet() > MOST_REQUESTS) {
      requests.decrementAndGet();
      throw new RefusedException(503, errors.reason(503));
    }
  }

  void leave() {
    requests.decrementAndGet();
  }

  /** Is no request worked on but those that were given up? */
  boolean onlyHang() {
    return requests.get() == overdue.size();
  }

  /**
   * Returns what the prediction returns, or null if that took too long: then the request has its
   * answer already.
   *
   * @throws RefusedException if no worker became free in time
   * @throws Exception that the prediction throws
   */
  byte[] call(HttpServletResponse response, Callable<byte[]> work) throws Exception {
    long deadline = System.nanoTime() + settings.timeout().toNanos();
    if (!free.tryAcquire()
        && !free.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      throw new RefusedException(504, errors.reason(504));
    }
    var prediction = new Prediction(Thread.currentThread(), response, deadline);
    running.add(prediction);
    try {
      byte[] answer = work.call();
      return end(prediction) ? answer : null;
    } catch (Throwable error) {
      if (end(prediction)) {
        throw error;
      }
      return null;
    }
  }

  /** Gives the worker back. Returns whether it is still up to this thread to answer. */
  private boolean end(Prediction prediction) {
    running.remove(prediction);
    synchronized (prediction) {
      if (!prediction.isAnswered) {
        prediction.isAnswered = true;
        free.release();
        return true;
      }
      overdue.remove(prediction);
      Thread.interrupted(); // this thread has other requests to serve
      return false;
    }
  }

  private void watch() {
    Throwable failure = null;
    boolean isLogged = false;
    while (true) {
      try {
        if (failure != null && !isLogged) {
          isLogged = true;
          LOG.log(System.Logger.Level.ERROR, "the watchdog failed, and goes on", failure);
        }
        Thread.sleep(TICK_MILLIS);
        look();
      } catch (InterruptedException end) {
        return;
      } catch (Throwable error) { // without it nothing that hangs would be noticed any more
        failure = error;
      }
    }
  }

  private void look() {
    long now = System.nanoTime();
    running.stream().filter(prediction -> now - prediction.deadline > 0).forEach(this::giveUp);
    long hanging = overdue.stream().filter(prediction -> hangs(prediction, now)).count();
    if (hanging > 0) {
      onHang.hanging((int) hanging);
    }
  }

  /** Has it run for too long? How long it had to wait before says nothing about it. */
  private boolean hangs(Prediction prediction, long now) {
    return now - prediction.started > settings.timeout().plus(PATIENCE).toNanos();
  }

  private void giveUp(Prediction prediction) {
    synchronized (prediction) {
      if (prediction.isAnswered) {
        return;
      }
      overdue.add(prediction);
      running.remove(prediction);
      prediction.isAnswered = true;
      free.release();
      answer(prediction.response);
      LOG.log(
          System.Logger.Level.WARNING,
          "a prediction takes too long, it is here:{0}",
          where(prediction.thread));
      prediction.thread.interrupt();
    }
  }

  private void answer(HttpServletResponse response) {
    try {
      response.setHeader("Connection", "close"); // the thread will not read another request from it
      errors.send(response, "POST /invocations", 504, errors.reason(504), true);
      response.flushBuffer();
    } catch (IOException | RuntimeException gone) {
      LOG.log(System.Logger.Level.DEBUG, "the client is gone");
    }
  }

  private static String where(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .limit(10)
        .map(frame -> "\n\tat " + frame)
        .collect(Collectors.joining());
  }

  private static final class Prediction {

    private final Thread thread;
    private final HttpServletResponse response;
    private final long started = System.nanoTime();
    private final long deadline; // of the answer
    private boolean isAnswered; // only who sets it, synchronized, may touch the response

    private Prediction(Thread thread, HttpServletResponse response, long deadline) {
      this.thread = thread;
      this.response = response;
      this.deadline = deadline;
    }
  }
}
