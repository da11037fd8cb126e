package serve

import java.lang.System.Logger.Level
import java.util.concurrent.{ConcurrentHashMap, Semaphore, TimeUnit}
import java.util.concurrent.atomic.AtomicReference

import scala.concurrent.duration.{DurationInt, FiniteDuration}
import scala.jdk.CollectionConverters.*

/** Lets as many predictions run at a time as there are workers, each on the thread of its request.
  *
  * Java cannot end a thread that hangs. So a watchdog answers in its stead, interrupts it, and lets
  * another request have its place. A thread that still hangs then goes on burning CPU: `onHang` is
  * told so, again and again.
  */
final class Workers(count: Int, timeout: FiniteDuration, onHang: () => Unit):

  private val log = System.getLogger("serve")
  private val free = Semaphore(count)
  private val running = ConcurrentHashMap.newKeySet[Prediction]().asScala
  private val overdue = ConcurrentHashMap.newKeySet[Prediction]().asScala

  Thread.ofPlatform().daemon().name("watchdog").start(() => watch())

  /** Does the work, which must not throw, and gives what it returns to `answer`; or `tooLate`, as
    * soon as that takes longer than a prediction may. Another thread may call `answer`, but it is
    * called once.
    */
  def run[A](work: => A, tooLate: => A)(answer: A => Unit): Unit =
    val deadline = System.nanoTime() + timeout.toNanos
    if !free.tryAcquire() && !free.tryAcquire(timeout.toNanos, TimeUnit.NANOSECONDS) then
      answer(tooLate)
    else
      val prediction = Prediction(deadline, () => answer(tooLate))
      running += prediction
      val result = work
      running -= prediction
      val isInTime = prediction.answerOnce:
        free.release()
        answer(result)
      if !isInTime then
        overdue -= prediction
        Thread.interrupted() // this thread has other requests to serve

  private def watch(): Unit =
    val failure = AtomicReference[Throwable]()
    var isLogged = false
    while true do
      try
        for error <- Option(failure.get) if !isLogged do
          isLogged = true
          log.log(Level.ERROR, "the watchdog failed, and goes on", error)
        Thread.sleep(Workers.Tick.toMillis)
        look()
      catch // without it nothing that hangs would be noticed any more
        case error: Throwable => failure.set(error)

  private def look(): Unit =
    val now = System.nanoTime()
    running.filter(now - _.deadline > 0).foreach(giveUp)
    // how long it had to wait before says nothing about it
    val longest = (timeout + Workers.Patience).toNanos
    if overdue.exists(now - _.started > longest) then onHang()

  private def giveUp(prediction: Prediction): Unit =
    prediction.answerOnce:
      overdue += prediction
      running -= prediction
      free.release()
      prediction.answerTooLate()
      val where = prediction.thread.getStackTrace.take(10).map(frame => s"\n\tat $frame").mkString
      log.log(Level.WARNING, s"a prediction takes too long, it is here:$where")
      prediction.thread.interrupt()

object Workers:

  /** How long a thread may go on after its time, before it counts as hanging. */
  val Patience: FiniteDuration = 1.second

  private val Tick = 50.millis

/** A prediction that has a worker. */
private final class Prediction(val deadline: Long, val answerTooLate: () => Unit):
  val thread: Thread = Thread.currentThread
  val started: Long = System.nanoTime()
  private var isAnswered = false

  /** Does this unless it was answered before, and returns whether it did. */
  def answerOnce(answer: => Unit): Boolean = synchronized:
    val isFirst = !isAnswered
    isAnswered = true
    if isFirst then answer
    isFirst
