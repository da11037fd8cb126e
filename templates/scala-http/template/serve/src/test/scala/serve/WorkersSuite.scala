package serve

import java.util.concurrent.{CompletableFuture, CountDownLatch, TimeUnit}
import java.util.logging.{Level, Logger}

import scala.concurrent.duration.{DurationInt, FiniteDuration}

class WorkersSuite extends munit.FunSuite:

  private val timeout = 600.millis

  override def beforeAll(): Unit = Logger.getLogger("").setLevel(Level.OFF)

  test("counts as hanging what has run too long, however long it had waited"):
    val found = CountDownLatch(1)
    val workers = Workers(1, timeout, () => found.countDown())
    val freed = CompletableFuture[Long]()
    val second = CompletableFuture[String]()
    val waiting = Thread.ofPlatform().unstarted(() => hang(workers, found, second))
    val first = () =>
      waiting.start()
      Thread.sleep((timeout / 3).toMillis) // while the second one waits
      freed.complete(System.nanoTime())
    workers.run(first(), false)(assert(_))
    assert(found.await(20, TimeUnit.SECONDS))
    val ran = FiniteDuration(System.nanoTime() - freed.get, TimeUnit.NANOSECONDS)
    assert(ran >= timeout + Workers.Patience, s"hangs after $ran")
    assertEquals(second.get, "too late")

  test("looks on after a failure"):
    val found = CountDownLatch(2)
    val fails = () =>
      found.countDown()
      throw OutOfMemoryError("Java heap space")
    val workers = Workers(1, timeout, fails)
    hang(workers, found, CompletableFuture())
    assertEquals(found.getCount, 0L)

  /** Asks for a prediction that does not end, whatever interrupts it, before it is found. */
  private def hang(
      workers: Workers,
      found: CountDownLatch,
      answer: CompletableFuture[String]
  ): Unit =
    val deadline = 20.seconds.fromNow
    def work: String =
      while found.getCount > 0 && deadline.hasTimeLeft() do Thread.onSpinWait()
      "in time"
    workers.run(work, "too late")(answer.complete(_))
