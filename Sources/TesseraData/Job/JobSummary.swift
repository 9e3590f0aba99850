public import TesseraCore

/// What a job did.
public struct JobSummary: Sendable, Equatable {
  /// A reason and how many pictures failed for it.
  public struct FailureCount: Sendable, Equatable {
    public var stage: String
    public var reason: String
    public var count: Int
    /// One of the pictures.
    public var example: String
  }

  /// Pictures in the list, or of this process's part of it.
  public var total = 0
  /// Pictures with an output.
  public var done = 0
  /// Pictures without one.
  public var failed = 0
  /// Of those done and failed, the ones that an earlier run had dealt with.
  public var carried = 0
  /// Whether the run was cancelled before its end.
  public var isInterrupted = false
  /// Seconds from the first picture to the last.
  public var seconds = 0.0
  /// Bytes of the outputs that this run wrote.
  public var bytesWritten = 0
  /// Outputs that keep their source's extension because their stem is another's too.
  public var sharedStems = 0
  /// What the listing left out or found strange.
  public var notices: [TesseraError] = []
  /// Failures by stage and reason, the most frequent first.
  public var failures: [FailureCount] = []

  public init() {}

  /// Pictures that this run dealt with, a second.
  public var imagesPerSecond: Double {
    seconds > 0 ? Double(done + failed - carried) / seconds : 0
  }
}
