internal import TesseraCore
internal import TesseraData
internal import TesseraTracking

extension RecipeRun {
  /// What a stage's search for a learning rate came to.
  public struct RateSearch: Sendable {
    public var stage: String
    /// The rate that the recipe has.
    public var ownRate: Double
    public var search: LearningRateSearch
    /// The page with the curve.
    public var page: String
  }

  /// Searches a learning rate for a stage, on its own data and its own steps' sizes. No model is written; the page with
  /// the curve is `find-lr-STAGE.html` in the run's folder.
  ///
  /// - Parameters:
  ///   - name: the stage; nil for the first that is not done.
  ///   - progress: called after each step.
  /// - Throws: `invalidArgument` for no such stage, or one that begins with what another has not left yet; what opening
  ///   the stage and the finder throw.
  public func searchRate(
    _ finder: LearningRateFinder = LearningRateFinder(), stage name: String? = nil,
    progress: (LearningRateSearch.Point) -> Void = { _ in }
  ) throws -> RateSearch {
    try finder.validate()
    try begin()
    var model = try base()
    for (number, stage) in recipe.stages.enumerated() {
      let run = StageRun(self, stage, number: number, model: model)
      let isDone = try run.finished() != nil
      if name.map({ $0 == stage.name }) ?? !isDone {
        let found = try run.searchRate(finder, progress: progress)
        let result = RateSearch(
          stage: stage.name, ownRate: stage.trainer.learningRate, search: found,
          page: "\(folder)/find-lr-\(stage.name).html")
        try result.report(recipe.yaml).write(to: result.page)
        return result
      }
      guard isDone else {
        throw TesseraError(
          .invalidArgument(
            name: "the stage to search for",
            expected: "'\(stage.name)' or one whose earlier stages are done ('\(stage.name)' is not)",
            got: "'\(name ?? "")'"))
      }
      if stage.kind != .reward { model = run.modelFolder }
    }
    let names = recipe.stages.map { "'\($0.name)'" }.joined(separator: ", ")
    throw TesseraError(
      .invalidArgument(
        name: "the stage to search for", expected: "one of \(names)",
        got: name.map { "'\($0)'" } ?? "none, and all are done"))
  }
}

extension StageRun {
  func searchRate(_ finder: LearningRateFinder, progress: (LearningRateSearch.Point) -> Void) throws
    -> LearningRateSearch
  {
    try makePreferences()
    func search(_ task: some TrainingTask) throws -> LearningRateSearch {
      try finder.search(task, stage.trainer, shouldStop: whole.shouldStop, progress: progress)
    }
    return switch stage.kind {
    case .pretrain, .align, .sft: try search(NextTokenJob(self, steps: finder.steps).task)
    case .reward: try search(RewardJob(self, steps: finder.steps).task)
    case .dpo: try search(PreferenceJob(self, steps: finder.steps).task)
    case .rl:
      throw TesseraError(
        .invalidArgument(
          name: "the stage to search for", expected: "one with a loss that falls by itself",
          got: "'\(stage.name)', which learns from rewards"))
    }
  }
}

extension RecipeRun.RateSearch {
  /// The page: the curve over the rate, and what it suggests.
  func report(_ yaml: String) -> RunReport {
    var report = RunReport(title: "learning rates for \(stage)", result: words)
    var chart = Chart(
      "Loss for each supervised token", unit: "nats",
      [
        Curve("loss", search.points.map { ($0.rate, $0.loss) }, style: .faint),
        Curve("smoothed", search.points.map { ($0.rate, $0.smoothed) }),
      ], isWide: true)
    chart.foot = .logarithmic("learning rate")
    report.charts = [chart]
    report.highlights = [
      search.steepest.map { (ReportNumber.text($0), "where the loss falls fastest") },
      search.tenthOfBest.map { (ReportNumber.text($0), "a tenth of where it is lowest") },
      (ReportNumber.text(ownRate), "the recipe's own"),
    ].compactMap { $0 }
    report.configuration = yaml
    return report
  }

  /// One sentence: what is suggested, and how the search ended.
  public var words: String {
    func text(_ rate: Double?) -> String { rate.map { ReportNumber.text($0) } ?? "nowhere" }
    return "The loss falls fastest at \(text(search.steepest)); a tenth of where it is lowest is "
      + "\(text(search.tenthOfBest)); the recipe has \(ReportNumber.text(ownRate)). "
      + "The search ended after \(search.points.count) steps: \(search.ending.rawValue)."
  }
}
