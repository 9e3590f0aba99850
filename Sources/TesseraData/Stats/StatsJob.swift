public import TesseraCodecs
internal import TesseraCore
public import TesseraTransforms

/// Looks at every picture of a dataset and tells what there is: sizes, kinds, exact means and deviations of the
/// pixels, copies, and everything that is wrong.
///
/// The result is a pure function of the data and the settings: the number of threads never changes a digit of it.
///
///     var job = StatsJob(dataset: try ImageFolder("photos"))
///     job.threads = 4
///     let statistics = try job.run()
///     print(statistics.pixels[0].channels.map(\.mean))
public struct StatsJob: Sendable {
  public var dataset: any Dataset
  /// How pictures are decoded, where the sample has no recipe of its own.
  public var policy: DecodePolicy = .tessera
  /// What pictures go through before their pixels are counted, where the sample has no recipe of its own. The
  /// conversion to a tensor and what follows are left out: statistics are of pixels.
  public var pipeline: Pipeline?
  /// The release of Pillow whose resampling the pipeline starts with.
  public var generation: PillowGeneration = .newest
  /// Read headers and decode nothing: no pixel statistics, and damage behind the header is not found.
  public var headersOnly = false
  /// Look at so many samples only, drawn by `seed`; nil for all.
  public var subset: Int?
  /// What the subset and the pipeline's random steps are drawn from.
  public var seed: UInt64 = 0
  /// Threads; the result does not depend on it.
  public var threads = 1
  /// Count how often each value of 0...255 occurs in each channel.
  public var countsValues = false
  /// Find files of equal bytes.
  public var findsDuplicates = true
  /// Find pictures of equal pixels, whatever their files (a PNG and its BMP).
  public var findsPixelDuplicates = false

  /// What a job keeps of each picture until its end.
  package static let bytesPerPicture = MemoryLayout<PictureFacts>.stride

  public init(dataset: any Dataset) { self.dataset = dataset }

  /// Looks at the samples on threads of its own and waits for them.
  ///
  /// - Parameters:
  ///   - control: ends the job from another thread; what was found so far is returned, marked as partial.
  ///   - progress: called after each sample, on the thread that did it, one call at a time.
  /// - Throws: `invalidArgument` for wrong settings; `invalidInput` for an empty dataset. A sample's own failure
  ///   is part of the result.
  /// - Complexity: memory of 40 bytes a picture while it runs (32 more where pixels are compared) and about twice
  ///   as much at its end, and each failure's text; it does not depend on the pictures' sizes but for
  ///   one decoded picture a thread.
  public func run(
    control: JobControl = JobControl(),
    progress: @escaping @Sendable (PreprocessJob.Progress) -> Void = { _ in }
  ) throws -> DatasetStatistics {
    try validate()
    let indices = chosen()
    let tally = try gather(indices, 0..<indices.count, control, progress)
    return try statistics(of: tally, indices, control)
  }

  /// Looks at some of the samples.
  ///
  /// - Parameters:
  ///   - indices: what `chosen()` gave.
  ///   - places: which of them.
  /// - Returns: what there is, in no order; less than all when cancelled.
  func gather(
    _ indices: SampleIndices, _ places: some RandomAccessCollection<Int> & Sendable, _ control: JobControl,
    _ progress: @escaping @Sendable (PreprocessJob.Progress) -> Void
  ) throws -> StatsTally {
    let worker = try StatsWorker(job: self)
    let total = Guarded(StatsTally())
    let state = Guarded(PreprocessJob.Progress(total: places.count, done: 0, failed: 0, carried: 0))
    let next = Guarded(0)
    try WorkerThreads.run(min(threads, places.count)) { _ in
      var tally = StatsTally()
      while !control.isCancelled {
        let number = next.withLock { next -> Int in
          defer { next += 1 }
          return next
        }
        guard number < places.count else { break }
        let failuresBefore = tally.failures.count
        worker.look(at: indices[places[places.index(places.startIndex, offsetBy: number)]], &tally)
        let hasFailed = tally.failures.count > failuresBefore
        state.withLock { state in
          if hasFailed { state.failed += 1 } else { state.done += 1 }
          progress(state)
        }
      }
      total.withLock { [tally] in $0.merge(tally) }
    }
    return total.withLock { total in
      defer { total = StatsTally() }
      return total
    }
  }

  /// What follows from what was found.
  func statistics(
    of tally: consuming StatsTally, _ indices: SampleIndices, _ control: JobControl
  ) throws -> DatasetStatistics {
    var tally = tally
    tally.sort()
    return try StatisticsMaker(job: self, indices: indices, control: control).make(tally)
  }

  /// Traps nothing, throws everything: the settings come from users.
  func validate() throws {
    if threads < 1 {
      throw TesseraError(
        .invalidArgument(name: "threads", expected: "at least 1", got: "\(threads)"))
    }
    if let subset, subset < 1 {
      throw TesseraError(.invalidArgument(name: "subset", expected: "at least 1", got: "\(subset)"))
    }
    guard (1...Int(UInt32.max)).contains(dataset.count) else {
      throw TesseraError(
        .invalidInput(operation: "stats", expected: "1 to \(UInt32.max) samples", got: "\(dataset.count)"),
        stage: .list)
    }
  }

  /// The samples to look at, in order: a subset drawn without replacement, each equally likely (R. W. Floyd's
  /// algorithm, O(subset) memory), or all.
  func chosen() -> SampleIndices {
    guard let subset, subset < dataset.count else { return .all(dataset.count) }
    var random = RandomStream(seed: seed)
    var chosen: Set<Int> = []
    for last in dataset.count - subset..<dataset.count {
      let drawn = random.integer(in: 0...last)
      chosen.insert(chosen.contains(drawn) ? last : drawn)
    }
    return .some(chosen.sorted())
  }
}

/// Which samples a job looks at.
enum SampleIndices: Sendable {
  case all(Int)
  case some([Int])

  var count: Int {
    switch self {
    case .all(let count): count
    case .some(let indices): indices.count
    }
  }

  subscript(place: Int) -> Int {
    switch self {
    case .all: place
    case .some(let indices): indices[place]
    }
  }
}
