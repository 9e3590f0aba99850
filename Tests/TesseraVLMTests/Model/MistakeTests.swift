import TestSupport
import TesseraVLM
import Testing

@Suite("a model with one mistake is not transformers'")
struct MistakeTests {
  @Test("wherever it can be made, ten times further away than the tests let pass", arguments: Mistake.all)
  func shows(_ mistake: Mistake) throws {
    var made = 0
    for name in TinyLlava.names {
      let directory = try TinyLlava.directory(name)
      let item = try TinyLlava.logits(name, mistake.prompt)
      let prompt = try TinyLlava.prompt(item, directory)
      var wrong = Mistake.Wrong(
        config: directory.model.config, parameters: directory.model.parameters, ids: prompt.ids,
        places: prompt.imageSpans.flatMap { Array($0) }, pixels: TorchTensor.stack(prompt.pixels))
      let expected = try ParityTests.tensor(item.string("output"))
      // The same way without the mistake agrees: what is seen below is the mistake alone.
      let right = try wrong.logits()
      let last = right.slice(0, right.size(0) - expected.size(0)..<right.size(0))
      #expect(ParityTests.distance(last, expected) < 1e-5, "\(name)")
      guard mistake.make(&wrong) else { continue }
      made += 1
      let far = try ParityTests.distance(wrong.logits(), right)
      #expect(far > 1e-4, "\(mistake.name) in \(name) moves logits by \(far) only")
    }
    #expect(made > 0, "no model to make it with")
  }
}
