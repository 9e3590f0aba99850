import TestSupport
import Tessera
import TesseraText
import TesseraVLM
import Testing

@Suite("A policy's log-probabilities") struct PolicyModelTests {
  /// Answers drawn to three prompts of different lengths with no, one and two pictures, and the texts of both.
  private func drawn(_ name: String, _ type: TorchType, temperature: Double) throws -> (
    Generator, [Answer], TokenBatch, LlavaModel
  ) {
    let directory = try TinyLlava.directory(name, type: type)
    let generator = Generator(directory.model, directory.processor)
    func prompt(_ text: String, _ pictures: String) throws -> Prompt {
      let marks = pictures.split(separator: ",").map { _ in "<image>" }.joined()
      return try directory.prompt("\(marks)USER: \(text) ASSISTANT:", pictures)
    }
    let prompts = try [
      prompt("What is left of the circle?", "a"), prompt("Red?", ""), prompt("Are they the same?", "b,a"),
    ]
    var options = GenerationOptions()
    (options.maxNewTokens, options.temperature, options.seed, options.keepsLogProbabilities) = (
      12, temperature, 7, true
    )
    let answers = try generator.answer(prompts, options).answers
    let samples = zip(prompts, answers).map { TokenizedSample($0, answer: $1.ids) }
    let pixels = prompts.flatMap(\.pixels)
    let batch = TokenBatch(samples, pixels: [TorchTensor.stack(pixels)], padToken: generator.padToken)
    return (generator, answers, batch, directory.model)
  }

  @Test(
    "are those of sampling: with the cache and padding at the left, or as a whole and padding at the right",
    arguments: ["siglip-llama-untied-default", "clip-qwen2-tied-full"], [TorchType.float32, .float64])
  func sameAsSampling(_ name: String, _ type: TorchType) throws {
    for temperature in [1, 0.7] {
      let (generator, answers, batch, model) = try drawn(name, type, temperature: temperature)
      let policy = PolicyModel(model, temperature: temperature, banned: generator.banned)
      let own = try noGrad { PolicyModel.own(try policy.distributions(batch), batch).array(of: Double.self) }
      let sampled = answers.flatMap(\.logProbabilities)
      #expect(own.count == sampled.count && own.count > 10)
      let gap = zip(own, sampled).map { abs($0 - $1) }.max() ?? .infinity
      #expect(gap < (type == .float64 ? 1e-11 : 1e-5), "\(gap)")
      // At another temperature they are others: the comparison can fail.
      let hot = PolicyModel(model, temperature: 2 * temperature, banned: generator.banned)
      let others = try noGrad { PolicyModel.own(try hot.distributions(batch), batch).array(of: Double.self) }
      #expect(zip(others, sampled).contains { abs($0 - $1) > 1e-3 })
    }
  }

  @Test("of a stable model are the model's own, and a row's logits do not hang on the others")
  func stable() throws {
    let (_, _, batch, model) = try drawn("siglip-llama-untied-default", .float32, temperature: 1)
    let stable = model.withStableLogProbabilities
    expectClose(
      try distributions(of: model, batch).exp(), try distributions(of: stable, batch).exp(), within: 1e-6)
    let width = model.decoder.embedding.size(1)
    let rows = (TorchTensor.arange(40 * width, type: .float32) * 0.7).sin().reshape(1, 40, width)
    let (all, plain) = (stable.decoder.logits(rows), model.decoder.logits(rows))
    #expect(all.shape == plain.shape)
    expectClose(all, plain, within: 1e-5)
    for count in [1, 3, 15, 16, 17] {
      let some = stable.decoder.logits(rows.narrow(1, start: 0, count: count))
      #expect(some.shape == [1, count, plain.size(-1)])
      expectClose(some, all.narrow(1, start: 0, count: count), within: 1e-7)
    }
  }

  private func distributions(of model: LlavaModel, _ batch: TokenBatch) throws -> TorchTensor {
    try noGrad { try PolicyModel(model, temperature: 1, banned: []).distributions(batch) }
  }

  @Test("leave out the tokens that are never drawn, in numerator and denominator")
  func banned() throws {
    let (generator, _, batch, model) = try drawn("siglip-llama-untied-default", .float64, temperature: 1)
    #expect(generator.banned.contains(model.config.imageToken))
    try noGrad {
      let distributions = try PolicyModel(model, temperature: 1, banned: generator.banned).distributions(
        batch)
      let rows = distributions.size(0)
      for token in generator.banned where token < distributions.size(1) {
        #expect(distributions.select(1, token).exp().max().item == 0)
      }
      expectClose(distributions.exp().sum(-1), TorchTensor.ones([rows], type: .float64), within: 1e-12)
      // Without the ban the same tokens are less likely.
      let free = try PolicyModel(model, temperature: 1, banned: []).distributions(batch)
      let gain = PolicyModel.own(distributions, batch) - PolicyModel.own(free, batch)
      #expect(gain.min().item > 0)
    }
  }

  @Test("move with the pictures: another picture is another probability")
  func sees() throws {
    let (generator, _, batch, model) = try drawn("siglip-llama-untied-default", .float64, temperature: 1)
    let policy = PolicyModel(model, temperature: 1, banned: generator.banned)
    var other = batch
    other.pixels = batch.pixels.map { $0.flip(3) }
    try noGrad {
      let (a, b) = (
        PolicyModel.own(try policy.distributions(batch), batch),
        PolicyModel.own(try policy.distributions(other), other)
      )
      #expect((a - b).abs().max().item > 1e-6)
    }
  }
}
