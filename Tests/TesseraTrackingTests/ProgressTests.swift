import TesseraTracking
import Testing

@Suite("the progress of a training")
struct ProgressTests {
  /// What is written, and a clock that the test turns.
  final class Stage {
    var written: [String] = []
    var now = 100.0
  }

  static func progress(_ stage: Stage, columns: Int?, every: Int = 10, first: Int = 0) -> TrainingProgress {
    TrainingProgress(
      stage: "sft", total: 40, startingAfter: first, every: every, columns: columns,
      write: { stage.written.append($0) }, clock: { stage.now })
  }

  static func step(_ step: Int) -> TrainingProgress.Step {
    .init(
      step: step, loss: 1.25, learningRate: 2e-3, gradientNorm: 0.5, tokensPerSecond: 15_600,
      imagesPerSecond: 42.4, dataWait: 0.004, memory: 734_003_200)
  }

  @Test("elsewhere than on a terminal, every tenth step and the last have a plain line")
  func plain() {
    let stage = Stage()
    let progress = Self.progress(stage, columns: nil)
    for step in 1...40 {
      stage.now += 0.5
      progress.update(Self.step(step))
    }
    progress.finish()
    #expect(stage.written.count == 4)
    #expect(
      stage.written.first
        == "sft 10/40, loss 1.2500, 0:15 left, 15600 tokens/s, 42.4 images/s, lr 0.002, grad 0.5000, wait 0.4%, 734 MB\n"
    )
    #expect(stage.written.last?.hasPrefix("sft 40/40, loss 1.2500, 15600 tokens/s") == true)
    #expect(stage.written.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\r") })
  }

  @Test(
    "on a terminal one line redraws itself, ten times a second at most, and is never wider than the terminal")
  func terminal() {
    let stage = Stage()
    let progress = Self.progress(stage, columns: 50)
    for step in 1...40 {
      stage.now += 0.03
      progress.update(Self.step(step))
    }
    progress.finish()
    // 1.2 seconds.
    #expect(stage.written.count > 8 && stage.written.count <= 14)
    #expect(stage.written.last == "\n")
    for text in stage.written.dropLast() {
      #expect(text.hasPrefix("\rsft [") && text.hasSuffix("\u{1B}[K") && text.count - 4 < 50)
    }
    #expect(stage.written[stage.written.count - 2].contains("[####################] 40/40"))
  }

  @Test("a note stands above the bar")
  func note() {
    let stage = Stage()
    let progress = Self.progress(stage, columns: 80)
    progress.update(Self.step(1))
    progress.note("validation loss 0.3")
    progress.update(Self.step(2))
    #expect(stage.written[1] == "\r\u{1B}[Kvalidation loss 0.3\n")
  }

  @Test("after a resume, the time left is reckoned from the steps of this process")
  func resumed() {
    let stage = Stage()
    let progress = Self.progress(stage, columns: nil, first: 20)
    stage.now += 5
    progress.update(Self.step(30))
    #expect(stage.written[0].contains("0:05 left"))
  }
}
