private import Foundation
private import Logging
internal import TesseraCore

/// Gets parts of one object: asks, goes on where a connection was cut, waits and asks again.
struct RemoteFetch: Sendable {
  let url: RemoteURL
  let options: RemoteOptions
  let pool: ConnectionPool
  let meter: Guarded<RemoteReport>
  let notice: Guarded<RetryNotice>

  struct Found {
    /// The part's bytes; empty where the whole object came.
    var bytes: [UInt8]
    var version: RemoteVersion
    /// Whether the server gives no parts: what it sent went to the `WholeObject`.
    var isWhole: Bool
  }

  /// Gets a part; shorter where the object ends before.
  ///
  /// - Parameters:
  ///   - version: the object as it must be; nil for whatever it is.
  ///   - whole: what takes an object that comes as a whole; nil to stop where that begins.
  ///   - asksRange: whether the server gives parts, as far as is known.
  /// - Throws: `remote` with the URL's name.
  func part(
    _ range: Range<Int>, version: RemoteVersion?, whole: WholeObject?, asksRange: Bool = true
  ) throws -> Found {
    let start = ContinuousClock.now
    let deadline = start + .seconds(options.seconds)
    let transfer = PartTransfer(range, version: version, whole: whole, deadline: deadline)
    var failures = 0
    var attempts = 0
    transfer.onSilence = { silence in
      guard silence > Self.longWait else { return }
      tell(
        "\(RemoteName.shown(url.name)): no byte has come for \(silence.components.seconds) s; "
          + "given up, and asked again, after \(options.stallSeconds) s")
    }
    while true {
      let before = (part: transfer.bytes.count, all: transfer.received)
      let asked = ContinuousClock.now
      transfer.begin()
      let request = HTTPConnection.Request(range: asksRange ? transfer.missing : nil, options: options)
      let response = try pool.withConnection { $0.get(url, request, into: transfer) }
      attempts += 1
      let got = transfer.bytes.count - before.part
      meter.withLock {
        $0.requests += 1
        $0.bytesFetched += transfer.received - before.all
      }
      switch transfer.finish(response) {
      case .done: return try found(transfer, attempts)
      case .more where got > 0 && ContinuousClock.now < deadline: failures = 0
      case .more where got > 0:
        throw fault(.timedOut, attempts, "\(transfer.bytes.count) of \(transfer.size) bytes came")
      case .more: failures += 1
      case .refused(let kind, let detail): throw fault(kind, attempts, detail)
      case .again(let kind, let detail, let retryAfter):
        // A sixteenth counts as progress, so that a connection that is cut again and again still ends.
        failures = got > 0 && got >= transfer.size / 16 ? 1 : failures + 1
        let delay = delay(failures, retryAfter)
        let isLate = ContinuousClock.now + .seconds(delay) >= deadline
        guard failures < options.attempts, !isLate else { throw fault(kind, attempts, detail) }
        meter.withLock { $0.retries += 1 }
        // The first quick failure is an everyday affair.
        if failures > 1 || asked.duration(to: .now) + .seconds(delay) > Self.longWait {
          let wait = (delay * 10).rounded() / 10
          tell(
            "\(fault(kind, attempts, detail)); failure \(failures) of at most \(options.attempts), asking again in "
              + "\(wait) s")
        }
        Thread.sleep(forTimeInterval: delay)
      }
      guard failures < options.attempts else {
        throw fault(.length, attempts, "no bytes came of \(transfer.missing.count)")
      }
    }
  }

  private func found(_ transfer: PartTransfer, _ attempts: Int) throws -> Found {
    guard let version = transfer.version else {
      throw fault(.badResponse, attempts, "it does not tell the object's length")
    }
    return Found(bytes: transfer.bytes, version: version, isWhole: transfer.isWhole)
  }

  /// Twice as long each time, and of that a part by chance, so that many processes do not come back at once. Nothing
  /// that is read hangs on this chance.
  private func delay(_ failures: Int, _ retryAfter: Double?) -> Double {
    let longest = min(options.firstDelay * Double(1 << min(failures - 1, 16)), 20)
    let delay = longest * Double.random(in: 0.5...1)
    return max(delay, min(retryAfter ?? 0, options.longestRetryAfter))
  }

  /// A wait that a reader is told of.
  private static let longWait = Duration.seconds(3)

  /// Says for what a reader waits.
  private func tell(_ words: @autoclosure () -> String) {
    guard notice.withLock({ $0.isDue() }) else { return }
    Logger(label: "tessera").warning("\(words())")
  }

  private func fault(_ kind: RemoteFault.Kind, _ attempts: Int, _ detail: String) -> TesseraError {
    TesseraError(.remote(RemoteFault(kind, attempts: attempts, detail: detail)), path: url.name, stage: .read)
  }
}

/// When a store last said that it asks again: once in a few seconds is enough for all of its threads.
struct RetryNotice: Sendable {
  private var last: ContinuousClock.Instant?

  mutating func isDue() -> Bool {
    let now = ContinuousClock.now
    if let last, last.duration(to: now) < .seconds(5) { return false }
    last = now
    return true
  }
}
