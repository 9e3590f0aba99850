import Tessera
import TesseraVLM
import Testing

@Suite("learning rates follow their schedules")
struct ScheduleTests {
  @Test("the warm-up rises in equal parts and is followed by the shape's beginning")
  func warmup() {
    for shape in LearningRateSchedule.Shape.allCases {
      let schedule = LearningRateSchedule(shape, steps: 100, warmup: 10, finalShare: 0.1)
      let risen = (1...10).map { step in schedule.factor(step) }
      let wanted = (1...10).map { step in Double(step) / 10 }
      #expect(risen == wanted)
      #expect(schedule.factor(11) <= 1 && schedule.factor(11) > 0.98)
    }
  }

  @Test("cosine and linear are halfway in the middle, and end at the final share")
  func ends() {
    for shape in [LearningRateSchedule.Shape.cosine, .linear, .wsd] {
      let schedule = LearningRateSchedule(shape, steps: 110, warmup: 10, finalShare: 0.2)
      #expect(abs(schedule.factor(110) - 0.2) < 1e-12)
      #expect(abs(schedule.factor(500) - 0.2) < 1e-12)
    }
    for shape in [LearningRateSchedule.Shape.cosine, .linear] {
      let middle = LearningRateSchedule(shape, steps: 110, warmup: 10, finalShare: 0.2).factor(60)
      #expect(abs(middle - 0.6) < 1e-12)
    }
    // A quarter of the way the cosine has fallen by less than the line.
    let quarter = [LearningRateSchedule.Shape.cosine, .linear].map {
      LearningRateSchedule($0, steps: 100).factor(25)
    }
    let fallen = (1 + 0.5.squareRoot()) / 2
    #expect(abs(quarter[0] - fallen) < 1e-12)
    #expect(abs(quarter[1] - 0.75) < 1e-12)
  }

  @Test("WSD is flat until its decay, then falls in a line")
  func wsd() {
    let schedule = LearningRateSchedule(.wsd, steps: 100, warmup: 10, finalShare: 0, decayShare: 0.2)
    #expect((10...80).allSatisfy { schedule.factor($0) == 1 })
    #expect(abs(schedule.factor(90) - 0.5) < 1e-12 && schedule.factor(100) == 0)
  }

  @Test("numbers that make no schedule are refused by name")
  func refused() {
    for (schedule, name) in [
      (LearningRateSchedule(steps: 0), "steps"), (LearningRateSchedule(steps: 5, warmup: 6), "warmup"),
      (LearningRateSchedule(steps: 5, finalShare: 1.5), "final"),
      (LearningRateSchedule(steps: 5, decayShare: -1), "decay"),
    ] {
      let error = #expect(throws: TesseraError.self) { try schedule.validate() }
      #expect(error?.description.contains(name) == true, "\(name): \(String(describing: error))")
    }
  }
}
