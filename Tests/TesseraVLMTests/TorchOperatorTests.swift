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
}
