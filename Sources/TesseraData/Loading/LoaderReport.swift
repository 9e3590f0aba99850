/// What a loader did so far, and where its time went.
public struct LoaderReport: Sendable, Codable, Equatable {
  public var threads = 0
  /// The machine's processors.
  public var cores = 0
  public var batches = 0
  /// Rows of those batches.
  public var samples = 0
  public var failures = 0
  /// From the first request for a batch to the last batch, in seconds.
  public var wallSeconds = 0.0
  /// From the first request to the first batch.
  public var firstBatchSeconds: Double?
  /// Processor seconds of the loader's threads.
  public var cpuSeconds = 0.0
  /// Seconds that the threads together spent in each stage.
  public var readSeconds = 0.0
  /// Headers, draws and plans.
  public var drawSeconds = 0.0
  public var decodeSeconds = 0.0
  public var transformSeconds = 0.0
  public var collateSeconds = 0.0
  /// Seconds that the threads together waited because enough batches lay ready.
  public var idleSeconds = 0.0
  /// Seconds that the consumer waited for batches.
  public var consumerWaitSeconds = 0.0
  /// Encoded bytes that were read, and bytes of the batches' images.
  public var bytesRead = 0
  public var bytesOut = 0
  /// Batches that lay ready when one was asked for, on average.
  public var meanQueueDepth = 0.0
  /// Blocks of batch memory: allocated, used again, allocated beyond the bound because batches are being kept,
  /// and the bytes that are held now.
  public var batchMemoryMade = 0
  public var batchMemoryReused = 0
  public var batchMemoryBeyondBound = 0
  public var batchMemoryHeldBytes = 0
  /// The process's resident bytes, now and at most.
  public var residentBytes = 0
  public var peakResidentBytes = 0

  public init() {}

  public var imagesPerSecond: Double { wallSeconds > 0 ? Double(samples) / wallSeconds : 0 }
  /// Encoded megabytes (10⁶ bytes) read a second.
  public var megabytesPerSecond: Double { wallSeconds > 0 ? Double(bytesRead) / wallSeconds / 1e6 : 0 }
  /// Processor milliseconds an image.
  public var cpuMillisecondsPerImage: Double { samples > 0 ? cpuSeconds * 1e3 / Double(samples) : 0 }
  /// The share of the wall time that the consumer waited, 0...1.
  public var waitShare: Double { wallSeconds > 0 ? min(1, consumerWaitSeconds / wallSeconds) : 0 }

  /// What holds the whole back.
  public enum Bottleneck: String, Sendable, Codable, CaseIterable {
    case read, decode, transform, collate, consumer
  }

  /// The stage that more speed would help most; nil before the first batch.
  ///
  /// The consumer, where it waits for less than a tenth of the time; else the stage that takes the threads most.
  public var bottleneck: Bottleneck? {
    if batches == 0 { return nil }
    if waitShare < 0.1 { return .consumer }
    let stages: [(Bottleneck, Double)] = [
      (.read, readSeconds), (.decode, decodeSeconds), (.transform, transformSeconds + drawSeconds),
      (.collate, collateSeconds),
    ]
    return stages.max { $0.1 < $1.1 }?.0
  }

  /// How many times faster the whole would be with one core (and thread) more, by the times so far.
  ///
  /// The threads' work is spread over one thread more; the consumer's own time stays as it is, and the slower of
  /// the two sets the pace.
  public var gainOfAnotherCore: Double {
    guard batches > 0, threads > 0, wallSeconds > 0 else { return 1 }
    let work = readSeconds + drawSeconds + decodeSeconds + transformSeconds + collateSeconds
    let consumer = max(0, wallSeconds - consumerWaitSeconds)
    let lanes = Double(min(threads, max(cores, 1)))
    let now = max(consumer, work / Double(threads))
    let then = max(consumer, work / Double(threads) * lanes / (lanes + 1))
    return then > 0 ? now / then : 1
  }

  /// One sentence for people: what the bottleneck is, and what a further core would bring.
  public var sentence: String {
    guard let bottleneck else { return "No batch yet." }
    func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
    let work = readSeconds + drawSeconds + decodeSeconds + transformSeconds + collateSeconds
    let gain = gainOfAnotherCore
    let words =
      gain < 1.03
      ? "a further core would bring nothing"
      : "a further core would bring about \(((gain * 100).rounded() / 100).description) times the speed"
    if bottleneck == .consumer {
      return "The consumer sets the pace: it waits for data \(percent(waitShare)) of the time; \(words)."
    }
    let spent: [Bottleneck: Double] = [
      .read: readSeconds, .decode: decodeSeconds, .transform: transformSeconds + drawSeconds,
      .collate: collateSeconds,
    ]
    let names: [Bottleneck: String] = [
      .read: "Reading", .decode: "Decoding", .transform: "Transforming", .collate: "Collating",
    ]
    let share = work > 0 ? (spent[bottleneck] ?? 0) / work : 0
    return
      "\(names[bottleneck] ?? "") sets the pace: \(percent(share)) of the threads' time; the consumer waits "
      + "\(percent(waitShare)) of the time; \(words)."
  }
}
