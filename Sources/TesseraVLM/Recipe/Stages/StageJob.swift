internal import TesseraTracking

/// What a stage of one kind does, inside of what all have in common (`StageRun`).
///
/// Where several processes train, each has its job: rank 0's alone looks, speaks and writes, all train and measure.
protocol StageJob: AnyObject {
  associatedtype Task: TrainingTask

  var task: Task { get }
  /// What was found about data and model before the first step, for the report.
  var facts: [StageFacts] { get }

  /// Looks at data, model and the first step, and says what it sees.
  ///
  /// - Throws: where the stage could not learn.
  func look() throws
  /// What takes part in the training besides its log.
  func callbacks(_ output: StageOutput) throws -> [any TrainingCallback]
  /// Measures what was learned, after the last step. The log is nil on ranks that write none.
  func evaluate(_ log: RunLog?) throws
  /// Whether what is measured and written is the best step's, not the last one's.
  var keepsBest: Bool { get }
  /// Brings what is trained back to what the stage began with.
  func restoreStart() throws
  /// Writes what the stage made. The last folder says that the stage is done.
  func export() throws
}

extension StageJob {
  var keepsBest: Bool { false }
  func restoreStart() throws {}
}

/// Where what a stage finds goes; nowhere on ranks other than 0.
struct StageOutput {
  let log: RunLog?
  let board: TensorBoardWriter?
  /// Gets a line for people.
  let note: (String) -> Void
}
