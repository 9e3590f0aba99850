import TestSupport
import TesseraVLM
import Testing

/// Every operator's face against what PyTorch computes (Tests/Golden/torch/make.py).
@Suite("Torch operators")
struct TorchOperatorTests {
  static let golden = Result { try Golden("torch") }

  @Test("give PyTorch's values", arguments: try golden.get().cases)
  func values(_ example: Golden.Case) throws {
    let golden = try Self.golden.get()
    let name = try example.string("name")
    let inputs = try (0..<example.int("inputs")).map { try golden.torch("\(name).in\($0)") }
    let operation = try #require(TorchOperators.table[name], "no operator for the stored case \(name)")
    let outputs = operation(inputs)
    #expect(outputs.count == (try example.int("outputs")))
    for (index, output) in outputs.enumerated() {
      expectClose(output, try golden.torch("\(name).out\(index)"), "\(name), output \(index)")
    }
  }

  @Test("have a stored case each")
  func complete() throws {
    let stored = Set(try Self.golden.get().cases.map { try $0.string("name") })
    #expect(stored == Set(TorchOperators.table.keys))
  }

  @Test("are told apart by the stored values: a wrong epsilon, activation or scale fails")
  func sensitive() throws {
    let golden = try Self.golden.get()
    let x = try golden.torch("rmsNorm.in0")
    let weight = try golden.torch("rmsNorm.in1")
    #expect(x.rmsNorm(weight, eps: 0.011).distance(to: try golden.torch("rmsNorm.out0")) > 1e-5)
    #expect(x.layerNorm(weight, nil, eps: 0.01).distance(to: try golden.torch("rmsNorm.out0")) > 1e-2)
    let y = try golden.torch("gelu.in0")
    #expect(y.gelu(tanh: true).distance(to: try golden.torch("gelu.out0")) > 1e-5)
    #expect(y.quickGelu().distance(to: try golden.torch("gelu.out0")) > 1e-3)
  }

  @Test("attend alike written out and fused, whatever the mask", arguments: TorchTensor.Attention.allCases)
  func attention(_ kind: TorchTensor.Attention) throws {
    let golden = try Self.golden.get()
    let inputs = try (0..<4).map { try golden.torch("attention.in\($0)") }
    let outputs = TorchOperators.attention(inputs, kind)
    for (index, output) in outputs.enumerated() {
      expectClose(output, try golden.torch("attention.out\(index)"), "output \(index)")
    }
    // One query with a cache sees everything, causal or not.
    let one = inputs[0].narrow(2, start: 2, count: 1)
    expectClose(
      TorchTensor.attention(one, inputs[1], inputs[2], isCausal: true, kind),
      outputs[3].narrow(2, start: 2, count: 1))
  }

  @Test("norm half types in float32, as Hugging Face does, to the last bit")
  func halfNorm() throws {
    let golden = try Self.golden.get()
    let x = try golden.torch("rmsNormHalf.in0").to(.bfloat16)
    let y = x.rmsNorm(try golden.torch("rmsNormHalf.in1").to(.bfloat16), eps: 0.01)
    #expect(y.type == .bfloat16)
    #expect(y.to(.float32).isEqual(to: try golden.torch("rmsNormHalf.out0")))
  }

  /// `row_linear` in CTorch: one row, nothing recorded. Sizes on both sides of where its rows are cut for threads, with
  /// rows that two threads can share and that they cannot.
  @Test(
    "multiply one row by a path of its own (row_linear) as the matrix product does",
    arguments: [(3, 5), (64, 1), (1, 64), (257, 255), (512, 256), (512, 257), (131, 1024)])
  func rowLinear(_ inner: Int, _ outer: Int) throws {
    func numbers(_ count: Int, _ step: Int) -> [Double] {
      (0..<count).map { Double($0 * step % 97) / 48 - 1 }
    }
    let weight = TorchTensor(numbers(inner * outer, 31), shape: [outer, inner])
    let bias = TorchTensor(numbers(outer, 17), shape: [outer])
    let row = numbers(inner, 13)
    let expected = (0..<outer).map { out in
      let products = (0..<inner).map { row[$0] * (Double((out * inner + $0) * 31 % 97) / 48 - 1) }
      return products.reduce(Double(out * 17 % 97) / 48 - 1, +)
    }
    for shape in [[inner], [1, inner], [1, 1, inner]] {
      let x = TorchTensor(row, shape: shape)
      let wanted = TorchTensor(expected, shape: Array(shape.dropLast()) + [outer])
      let recorded = x.linear(weight, bias)
      let alone = noGrad { x.linear(weight, bias) }
      expectClose(alone, wanted, "\(shape)", within: 1e-12)
      expectClose(alone, recorded, "\(shape)", within: 1e-12)
      expectClose(noGrad { x.linear(weight) }, x.linear(weight), "\(shape) without bias", within: 1e-12)
      expectClose(
        noGrad { x.to(.float32).linear(weight.to(.float32), bias.to(.float32)) }.to(.float64), wanted,
        "\(shape) in float32", within: 1e-4)
      // A matrix that lies otherwise in memory, or a type that the path is not for, takes the other way.
      let turned = TorchTensor(numbers(inner * outer, 31), shape: [outer, inner]).transpose(0, 1).clone()
        .transpose(0, 1)
      expectClose(noGrad { x.linear(turned, bias) }, wanted, "\(shape), not contiguous", within: 1e-12)
    }
    // Gradients are recorded as ever.
    let trained = TorchTensor(row, shape: [1, inner])
    trained.requiresGrad = true
    trained.linear(weight, bias).sum().backward()
    #expect(trained.grad != nil)
  }
}
