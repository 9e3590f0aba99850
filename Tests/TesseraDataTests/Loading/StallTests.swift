import Foundation
import Logging
import Tessera
import TestSupport
import Testing

@Suite("What does not get on is told")
struct StallTests {
  @Test(
    "a reader that waits is told with its sample and stage, and the batches are what they would have been")
  func reader() throws {
    let (set, heard) = (try WaitingDataset(5, .reader), HeardLog())
    let loader = DataLoader(
      set, batchSize: 4, threads: 2, stallWarning: .milliseconds(50), logger: heard.logger)
    #expect(try indices(loader, set.gate) { heard.waits("sample 5", "'read'") } == Array(0..<12))
  }

  @Test("a picture that is fetched and does not come is told by its name")
  func picture() throws {
    let (set, heard) = (try WaitingDataset(7, .picture), HeardLog())
    let loader = DataLoader(
      set, batchSize: 4, threads: 3, stallWarning: .milliseconds(50), logger: heard.logger)
    #expect(try indices(loader, set.gate) { heard.waits("far-7.png (sample 7)", "'read'") } == Array(0..<12))
    // Told again after twice the time and four times, not at every look: a minute would have eleven.
    #expect(heard.lines.count { $0.contains("far-7.png") } < 12, "\(heard.lines)")
  }

  @Test("who never wants to be told is not, and a loader that gets on has nothing to tell")
  func silent() throws {
    for (patience, waits) in [(nil, true), (Duration.seconds(60), true), (.seconds(60), false)] {
      let (set, heard) = (try WaitingDataset(waits ? 5 : nil, .reader), HeardLog())
      let loader = DataLoader(
        set, batchSize: 4, threads: 2, stallWarning: patience, logger: heard.logger)
      let found = try indices(loader, set.gate) {
        Thread.sleep(forTimeInterval: 0.2)
        return true
      }
      #expect(found == Array(0..<12) && heard.lines.isEmpty)
    }
  }

  @Test("the thread that watches ends with the loader's threads, also where the loop is left early")
  func ends() throws {
    let before = Self.watching()
    for _ in 0..<20 {
      let loader = DataLoader(try WaitingDataset(nil, .reader), batchSize: 2, threads: 3)
      for batch in loader.epoch(0).blocking.prefix(2) { _ = try batch.get() }
    }
    let deadline = Date(timeIntervalSinceNow: 10)
    while Self.watching() > before, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
    // Other tests' loaders come and go meanwhile: twenty that stayed would show.
    #expect(Self.watching() < before + 20)
  }

  /// The process's threads that watch.
  private static func watching() -> Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count { task in
      (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == "tessera-watch\n"
    }
  }

  /// The indices of an epoch's samples, in order, once `isReady` was asked while the sample waits.
  private func indices(_ loader: DataLoader, _ gate: Gate, _ isReady: () -> Bool) throws -> [Int] {
    let batches = loader.epoch(0).makeBatchIterator()
    // Whichever batch waits: the threads work while this one looks.
    let first = try batches.nextBlocking()
    #expect(isReady())
    gate.open()
    var found = first?.indices ?? []
    while let batch = try batches.nextBlocking() { found += batch.indices }
    return found
  }
}

/// A door that threads wait behind until it is opened.
private final class Gate: Sendable {
  private let isOpen = Guarded(false)

  func open() { isOpen.withLock { $0 = true } }
  func pass() { while !isOpen.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.005) } }
}

/// Twelve small pictures, one of which, or whose reader, waits behind a gate.
private struct WaitingDataset: Dataset {
  enum Place { case reader, picture }

  let gate = Gate()
  let count = 12
  private let waits: Int?
  private let place: Place
  private let png: [UInt8]

  init(_ waits: Int?, _ place: Place) throws {
    (self.waits, self.place) = (waits, place)
    png = try PNGEncoder().encode(Pictures.ramps(Size(width: 4, height: 3), .rgb, seed: 1))
  }

  func sample(at index: Int) -> Sample {
    if index == waits, place == .reader { gate.pass() }
    return Sample(
      .deferred(name: "far-\(index).png") {
        if index == waits, place == .picture { gate.pass() }
        return png
      })
  }
}

/// A log that is kept.
private final class HeardLog: Sendable {
  private let heard = Guarded<[String]>([])

  var lines: [String] { heard.withLock { $0 } }

  var logger: Logger {
    Logger(label: "test") { [heard] _ in Handler(heard: heard) }
  }

  /// Whether a line with all of these parts comes, within a minute.
  func waits(_ parts: String...) -> Bool {
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
      if lines.contains(where: { line in parts.allSatisfy(line.contains) }) { return true }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return false
  }

  private struct Handler: LogHandler {
    let heard: Guarded<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { heard.withLock { $0.append("\(event.message)") } }
  }
}
