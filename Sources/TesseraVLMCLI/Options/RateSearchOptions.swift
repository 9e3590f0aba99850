import ArgumentParser
import Tessera
import TesseraTerminal
import TesseraTracking
import TesseraVLM

/// `--find-lr`: a search for a learning rate in a training's place.
struct RateSearchOptions: ParsableArguments {
  /// `--find-lr`, alone or with a stage's name.
  enum Stage: ExpressibleByArgument, CustomStringConvertible {
    case next
    case named(String)

    init?(argument: String) { self = .named(argument) }

    var description: String {
      switch self {
      case .next: "the next"
      case .named(let name): name
      }
    }
  }

  @Option(
    name: .customLong("find-lr"), defaultAsFlag: Stage.next, parsing: .next,
    help: ArgumentHelp(
      """
      Train nothing, but raise the learning rate over some steps of a stage (the next that is not done, unless one is \
      named) until its loss breaks away, print the curve and suggest a rate. No model is written.
      """, valueName: "stage"))
  var stage: Stage?

  @Option(help: ArgumentHelp("--find-lr: the first step's rate (default: 1e-6).", valueName: "rate"))
  var findLrFrom: Double?

  @Option(help: ArgumentHelp("--find-lr: the last step's rate (default: 1).", valueName: "rate"))
  var findLrTo: Double?

  @Option(help: ArgumentHelp("--find-lr: steps at most (default: 100).", valueName: "n"))
  var findLrSteps: Int?

  func validate() throws {
    if stage == nil && (findLrFrom != nil || findLrTo != nil || findLrSteps != nil) {
      throw ValidationError("--find-lr-from, -to and -steps are for --find-lr")
    }
    do { try finder.validate() } catch let error as TesseraError { throw ValidationError("\(error)") }
  }

  private var finder: LearningRateFinder {
    var finder = LearningRateFinder()
    finder.lowest = findLrFrom ?? finder.lowest
    finder.highest = findLrTo ?? finder.highest
    finder.steps = findLrSteps ?? finder.steps
    return finder
  }

  /// Searches and prints.
  func perform(_ run: RecipeRun, stage: Stage) throws {
    let line = MakeProgress()
    defer { line.finish() }
    let steps = finder.steps
    var done = 0
    let name: String? = if case .named(let name) = stage { name } else { nil }
    let found = try run.searchRate(finder, stage: name) { point in
      done += 1
      line.update(
        "step \(done) of \(steps): rate \(ReportNumber.text(point.rate)), loss \(Float(point.smoothed))")
    }
    line.finish()
    // Some twenty lines: the page has every step.
    let points = found.search.points
    let shown = points.indices.filter { $0 % max(1, points.count / 20) == 0 || $0 == points.count - 1 }
    let rows =
      [["rate", "loss", "smoothed"]]
      + shown.map { index in
        let point = points[index]
        return [
          ReportNumber.text(point.rate), ReportNumber.fixed(point.loss, 4),
          ReportNumber.fixed(point.smoothed, 4),
        ]
      }
    for row in TextTable.lines(rows) { print(row) }
    print(found.words)
    print(found.page)
  }
}
