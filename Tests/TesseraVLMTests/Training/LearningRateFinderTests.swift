import Tessera
import TesseraCore
import TesseraVLM
import Testing

@Suite("a search for a learning rate")
struct LearningRateFinderTests {
  private var finder: LearningRateFinder {
    var finder = LearningRateFinder()
    (finder.lowest, finder.highest, finder.steps) = (1e-4, 1000, 50)
    return finder
  }

  @Test("the loss falls, then breaks away; what is suggested lies between; the task is as it was")
  func finds() throws {
    let task = LineTask(0.25)
    var seen: [Double] = []
    let found = try finder.search(task, TrainerOptions(steps: 1), progress: { seen.append($0.rate) })
    #expect(found.ending == .diverged && found.points.count < 50)
    #expect(seen == found.points.map(\.rate))
    let best = try #require(found.best)
    let (first, last) = (found.points[0], found.points[found.points.count - 1])
    #expect(best.smoothed < first.smoothed && last.smoothed > 4 * best.smoothed)
    let steepest = try #require(found.steepest)
    #expect(steepest > found.points[10].rate && steepest < best.rate && best.rate < last.rate)
    #expect(found.tenthOfBest == best.rate / 10)
    #expect(task.weight.array(of: Float.self) == [0.25, 0.25] && task.cursor == 0 && task.exported.isEmpty)
  }

  @Test("rates rise by one factor from the lowest to the highest")
  func rates() {
    let rates = (1...50).map(finder.rate)
    #expect(rates[0] == 1e-4 && abs(rates[49] - 1000) < 1e-9)
    for (a, b) in zip(rates, rates.dropFirst()) { #expect(abs(b / a - rates[1] / rates[0]) < 1e-12) }
  }

  @Test(
    "a loss that is not finite ends the search; too few steps are an error; the task is as it was either way")
  func ends() throws {
    let task = LineTask()
    task.broken = [20]
    let found = try finder.search(task, TrainerOptions(steps: 1))
    #expect(found.ending == .notFinite && found.points.count == 19)
    task.broken = [3]
    #expect(throws: TesseraError.self) { try finder.search(task, TrainerOptions(steps: 1)) }
    #expect(task.weight.array(of: Float.self) == [0, 0] && task.cursor == 0)
    let stopped = try finder.search(task, TrainerOptions(steps: 1), shouldStop: { true })
    #expect(stopped.ending == .stopped && stopped.points.count == 1 && stopped.steepest == nil)
  }

  @Test("settings that make no search are refused")
  func wrong() {
    for change: (inout LearningRateFinder) -> Void in [
      { $0.lowest = 0 }, { $0.highest = $0.lowest }, { $0.steps = 9 }, { $0.divergence = 1 },
      { $0.smoothing = 1 },
      { $0.highest = .infinity },
    ] {
      var wrong = LearningRateFinder()
      change(&wrong)
      #expect(throws: TesseraError.self) { try wrong.validate() }
    }
  }
}
