import TesseraVLM
import Testing

@Suite("Torch gradients")
struct TorchGradientTests {
  /// Fixed float64 numbers of no special values.
  static func numbers(_ shape: Int..., seed: Double = 1) -> TorchTensor {
    let count = shape.reduce(1, *)
    return (TorchTensor.arange(count, type: .float64) * 1.7 + seed).sin().reshape(shape).clone()
  }

  @Test("of linear layers, norms and activations are those of differences")
  func layers() {
    let x = Self.numbers(3, 4)
    let weight = Self.numbers(5, 4, seed: 2)
    let bias = Self.numbers(5, seed: 3)
    expectGradients(of: { x.linear(weight, bias) }, at: [x, weight, bias])
    let scale = Self.numbers(4, seed: 4)
    let shift = Self.numbers(4, seed: 5)
    expectGradients(of: { x.layerNorm(scale, shift, eps: 1e-3) }, at: [x, scale, shift])
    expectGradients(of: { x.rmsNorm(scale, eps: 1e-3) }, at: [x, scale])
    expectGradients(of: { x.gelu() + x.gelu(tanh: true) * 2 + x.quickGelu() * 3 + x.silu() * 4 }, at: [x])
    let picture = Self.numbers(1, 2, 6, 4)
    let kernel = Self.numbers(3, 2, 2, 2)
    expectGradients(of: { picture.conv2d(kernel, stride: (2, 2)) }, at: [picture, kernel])
    expectGradients(of: { picture.interpolate(height: 5, width: 7, .bicubic) }, at: [picture])
  }

  @Test(
    "of attention, masked and grouped, are those of differences", arguments: TorchTensor.Attention.allCases)
  func attention(_ kind: TorchTensor.Attention) {
    let q = Self.numbers(1, 4, 3, 2)
    let k = Self.numbers(1, 2, 5, 2, seed: 2)
    let v = Self.numbers(1, 2, 5, 2, seed: 3)
    let mask = Self.numbers(1, 1, 3, 5, seed: 4)
    expectGradients(of: { TorchTensor.attention(q, k, v, mask: mask, isCausal: true, kind) }, at: [q, k, v])
  }

  @Test("of lookups and losses are those of differences")
  func lookups() {
    let table = Self.numbers(5, 3)
    let ids = TorchTensor([4, 0, 4])
    expectGradients(of: { table.embedding(ids) }, at: [table])
    expectGradients(
      of: {
        table.indexSelect(0, ids) * table.gather(1, TorchTensor([[2, 0, 1]].flatMap { $0 }, shape: [1, 3]))
      }, at: [table])
    let logits = Self.numbers(4, 6)
    let targets = TorchTensor([5, -100, 0, 2])
    expectGradients(of: { logits.crossEntropy(targets) }, at: [logits])
    expectGradients(of: { logits.logSoftmax(-1).maskedFill(logits .> 0, 0) }, at: [logits])
    let cosine = Self.numbers(4, 6, seed: 7)
    expectGradients(of: { logits.rotary(cos: cosine, sin: cosine.square()) }, at: [logits])
  }

  @Test("that are wrong are found")
  func wrong() {
    let x = Self.numbers(3)
    let half = gradientFaults(of: { x * x.detach() }, at: [x])
    #expect(half.count == 3, "half of each element's gradient is cut off: \(half)")
    let none = gradientFaults(of: { x.detach().requiringGrad() * 2 }, at: [x])
    #expect(none == ["leaf 0, TorchTensor([3], float64), gets no gradient"])
    #expect(gradientFaults(of: { x * x }, at: [x]).isEmpty)
  }

  @Test("accumulate, are taken away, and are not recorded in noGrad")
  func accumulate() throws {
    let x = TorchTensor([1, 2] as [Float]).requiringGrad()
    (x * x).sum().backward()
    (x * x).sum().backward()
    #expect(x.grad?.array(of: Float.self) == [4, 8])
    x.grad = nil
    #expect(x.grad == nil)
    #expect(!noGrad { (x * 2).requiresGrad })
    #expect(noGrad { withGrad { (x * 2).requiresGrad } })
    #expect((x * 2).requiresGrad)
    let second = TorchTensor.gradients(
      of: [try #require(TorchTensor.gradients(of: [x.pow(3).sum()], by: [x], createGraph: true)[0]).sum()],
      by: [x])
    #expect(second[0]?.array(of: Float.self) == [6, 12])
  }

  @Test("reach weights through autocast after the same weights were used in noGrad")
  func autocastCache() {
    let weight = TorchTensor.ones([4, 4]).requiringGrad()
    let x = TorchTensor.ones([2, 4])
    let output = autocast(.cpu) { () -> TorchTensor in
      _ = noGrad { x.linear(weight) }
      return x.linear(weight)
    }
    #expect(output.type == .bfloat16)
    #expect(output.requiresGrad)
    output.to(.float32).sum().backward()
    #expect(weight.grad?.array(of: Float.self) == Array(repeating: 2, count: 16))
    #expect(x.linear(weight).type == .float32)
  }
}
