import TestSupport
import Tessera
import TesseraVLM
import Testing

@Suite("AdamW")
struct TorchOptimizerTests {
  @Test("moves parameters as PyTorch's, step by step, also one that joins later")
  func steps() throws {
    let golden = try Golden("torch")
    let parameters = try (0..<2).map { try golden.torch("adamw.start\($0)").requiringGrad() }
    let optimizer = AdamW([AdamW.Group(parameters, learningRate: 0.03, weightDecay: 0.02)])
    for step in 0..<10 {
      for (index, parameter) in parameters.enumerated() {
        parameter.grad = index == 0 || step >= 3 ? try golden.torch("adamw.grad\(step).\(index)") : nil
      }
      optimizer.step()
      for (index, parameter) in parameters.enumerated() {
        expectClose(
          parameter, try golden.torch("adamw.after\(step).\(index)"), "step \(step), \(index)", within: 1e-7)
      }
    }
    #expect(optimizer.moments.map { $0?.step } == [10, 7])
  }

  /// The network of make.py, and what it gives at every step.
  private func train(_ golden: Golden, steps: Range<Int>, _ weights: [TorchTensor], _ optimizer: AdamW) throws
    -> (losses: [Double], norms: [Double])
  {
    let x = try golden.torch("training.x")
    let y = try golden.torch("training.y").to(.int64)
    var losses: [Double] = []
    var norms: [Double] = []
    for step in steps {
      let hidden = x[step].linear(weights[0], weights[1]).gelu()
      let loss = hidden.linear(weights[2], weights[3]).crossEntropy(y[step])
      optimizer.clearGradients()
      loss.backward()
      norms.append(optimizer.clipGradients(norm: 0.5).item)
      optimizer.step()
      losses.append(loss.item)
    }
    return (losses, norms)
  }

  private func optimizer(_ weights: [TorchTensor]) -> AdamW {
    AdamW([
      AdamW.Group(
        [weights[0], weights[2]], learningRate: 0.05, weightDecay: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-6
      ),
      AdamW.Group(
        [weights[1], weights[3]], learningRate: 0.02, weightDecay: 0, beta1: 0.9, beta2: 0.95, epsilon: 1e-6),
    ])
  }

  private func weights(_ golden: Golden) throws -> [TorchTensor] {
    try (0..<4).map { try golden.torch("training.weight\($0)").requiringGrad() }
  }

  @Test("trains a network to PyTorch's ten losses, clipped norms, weights and moments")
  func tenLosses() throws {
    let golden = try Golden("torch")
    let weights = try weights(golden)
    let optimizer = optimizer(weights)
    let (losses, norms) = try train(golden, steps: 0..<10, weights, optimizer)
    for (found, expected) in zip(
      losses + norms, try golden.doubles("training.losses") + golden.doubles("training.norms"))
    { #expect(abs(found - expected) <= 2e-6, "\(found), PyTorch's is \(expected)") }
    for (place, index) in [0, 2, 1, 3].enumerated() {
      expectClose(weights[index], try golden.torch("training.after\(index)"), within: 5e-6)
      let moments = try #require(optimizer.moments[place])
      expectClose(moments.first, try golden.torch("training.first\(index)"), within: 2e-6)
      expectClose(moments.second, try golden.torch("training.second\(index)"), within: 2e-6)
    }
  }

  @Test("goes on from restored moments to the same bits")
  func resumes() throws {
    let golden = try Golden("torch")
    let straight = try weights(golden)
    _ = try train(golden, steps: 0..<10, straight, optimizer(straight))
    let halved = try weights(golden)
    let first = optimizer(halved)
    _ = try train(golden, steps: 0..<5, halved, first)
    let second = optimizer(halved)
    try second.restore(
      first.moments.map {
        $0.map { AdamW.Moments(step: $0.step, first: $0.first.clone(), second: $0.second.clone()) }
      })
    _ = try train(golden, steps: 5..<10, halved, second)
    for (a, b) in zip(straight, halved) { #expect(a.isEqual(to: b)) }
  }

  @Test("refuses moments that are not its parameters'")
  func refuses() {
    let optimizer = AdamW([AdamW.Group([TorchTensor.zeros([2, 3])])])
    func restore(_ moments: [AdamW.Moments?]) throws { try optimizer.restore(moments) }
    let zeros = { TorchTensor.zeros($0) }
    #expect(throws: TesseraError.self) { try restore([]) }
    #expect(throws: TesseraError.self) {
      try restore([.init(step: 1, first: zeros([2, 3]), second: zeros([3, 2]))])
    }
    #expect(throws: TesseraError.self) {
      try restore([.init(step: 0, first: zeros([2, 3]), second: zeros([2, 3]))])
    }
    #expect(
      throws: TesseraError(
        .invalidInput(
          operation: "restoring AdamW", expected: "TorchTensor([2, 3], float32) for parameter 0",
          got: "TorchTensor([2, 3], float64)"))
    ) {
      try restore([.init(step: 1, first: TorchTensor.zeros([2, 3], type: .float64), second: zeros([2, 3]))])
    }
    #expect(throws: Never.self) { try restore([nil]) }
  }

  @Test("clips gradients to the limit, and leaves small ones alone")
  func clips() {
    let gradients = [TorchTensor([3, 0] as [Float]), TorchTensor([4] as [Float])]
    #expect(AdamW.clip(gradients, norm: 10).item == 5)
    #expect(gradients[0].array(of: Float.self) == [3, 0])
    #expect(AdamW.clip(gradients, norm: 1).item == 5)
    expectClose(TorchTensor.cat(gradients), TorchTensor([0.6, 0, 0.8] as [Float]), within: 1e-6)
    #expect(AdamW.clip([], norm: 1).item == 0)
  }
}
