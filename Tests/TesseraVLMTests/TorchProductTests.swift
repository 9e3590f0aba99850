import TesseraVLM
import Testing

/// Linear layers and attention, whose products go straight to the libraries in float32 on the processor, against the same
/// by libtorch in float64.
@Suite("Products by oneDNN and BLAS")
struct TorchProductTests {
  typealias Body = ([TorchTensor]) -> TorchTensor

  /// Values and gradients of a body in float32, those of the same in float64, and how far they are apart: the norm of
  /// the difference over the norm.
  private func distances(_ shapes: [[Int]], turned: Bool = false, seed: Int = 3, _ body: Body) -> [Double] {
    let drawn = shapes.enumerated().map { index, shape in
      let numbers = TorchTensor.arange(shape.reduce(1, *), type: .float64) * 0.7 + Double(seed + 11 * index)
      return (numbers.sin() * 1.5).reshape(shape)
    }
    func run(_ type: TorchType) -> [TorchTensor] {
      let leaves = drawn.map { $0.to(type).clone().requiringGrad() }
      let inputs = turned ? leaves.map { $0.transpose(1, 2) } : leaves
      let value = body(inputs)
      let weights = TorchTensor.arange(value.count, type: .float64).cos().reshape(value.shape).to(type)
      (value * weights).sum().backward()
      return [value.detach()] + leaves.compactMap(\.grad)
    }
    return zip(run(.float32), run(.float64)).map { a, b in
      let difference = a.to(.float64) - b
      return (difference.norm() / b.norm()).item
    }
  }

  private func expectNear(
    _ distances: [Double], count: Int, within tolerance: Double = 5e-6,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    #expect(distances.count == count, "a gradient is missing", sourceLocation: sourceLocation)
    for distance in distances {
      #expect(distance <= tolerance, "\(distances)", sourceLocation: sourceLocation)
    }
  }

  /// A case of attention.
  struct Case: Sendable, CustomTestStringConvertible {
    var heads = 4
    var keyHeads = 4
    var queries = 40
    var keys = 40
    var width = 16
    var valueWidth = 16
    var isCausal = false
    /// Bools, numbers, or none.
    var mask: Bool?

    var testDescription: String {
      "\(heads)/\(keyHeads) heads, \(queries) of \(keys), width \(width)/\(valueWidth), "
        + "\(isCausal ? "causal" : "all"), \(mask.map { $0 ? "bools" : "numbers" } ?? "no mask")"
    }
  }

  static let cases = [
    Case(), Case(isCausal: true), Case(keyHeads: 2, isCausal: true), Case(keyHeads: 1),
    Case(queries: 129, keys: 129, isCausal: true),
    Case(keyHeads: 2, queries: 70, keys: 131, isCausal: true), Case(queries: 2, keys: 3),
    Case(width: 24, valueWidth: 10), Case(mask: true), Case(isCausal: true, mask: true),
    Case(keyHeads: 2, queries: 70, keys: 70, mask: false), Case(queries: 33, keys: 65, width: 7, mask: false),
  ]

  @Test(
    "attention and its gradients are those of the products written out", arguments: cases,
    [TorchTensor.Attention.composed, .wide])
  func attention(_ form: Case, _ kind: TorchTensor.Attention) {
    let batch = 3
    var mask: TorchTensor?
    if let isBool = form.mask {
      let shape = [batch, 1, form.queries, form.keys]
      let numbers = (TorchTensor.arange(shape.reduce(1, *), type: .float64) * 1.3).sin().reshape(shape)
      // The first key is seen by all: a query that sees nothing has no softmax.
      let first = TorchTensor.arange(form.keys, type: .int64) .< 1
      mask = isBool ? (numbers .> -0.2) .| first : numbers
    }
    let shapes = [
      [batch, form.queries, form.heads, form.width], [batch, form.keys, form.keyHeads, form.width],
      [batch, form.keys, form.keyHeads, form.valueWidth],
    ]
    let found = distances(shapes, turned: true) { inputs in
      TorchTensor.attention(
        inputs[0], inputs[1], inputs[2],
        mask: mask.map { $0.type == .bool ? $0 : $0.to(inputs[0].type) }, isCausal: form.isCausal, scale: 0.3,
        kind)
    }
    expectNear(found, count: 4)
  }

  @Test("wide attention rounds once: one query at a time, or all at once, to the bit")
  func wide() {
    let q = (TorchTensor.arange(2 * 4 * 60 * 16, type: .float32) * 0.37).sin().reshape(2, 4, 60, 16) * 9.0
    let k = q.narrow(1, start: 0, count: 2).cos() * 9.0
    func differing(_ kind: TorchTensor.Attention) -> Int {
      let whole = TorchTensor.attention(q, k, k, isCausal: true, kind)
      return (1..<60).count { last in
        let (keys, query) = (k.narrow(2, start: 0, count: last + 1), q.narrow(2, start: last, count: 1))
        let cached = kind == .wide ? keys.to(.float64) : keys
        let one = TorchTensor.attention(query, cached, cached, isCausal: true, kind)
        return one.array(of: Float.self)
          != whole.narrow(2, start: last, count: 1).contiguous().array(of: Float.self)
      }
    }
    // A sum that float64 rounds across a boundary of float32 is one in 10⁸.
    #expect(differing(.wide) == 0)
    // It says something: in float32 they are others.
    #expect(differing(.composed) > 10)
  }

  @Test("linear layers too, in value and gradient")
  func linear() {
    expectNear(distances([[3, 70, 33], [20, 33], [20]]) { $0[0].linear($0[1], $0[2]) }, count: 4)
    expectNear(distances([[70, 33], [20, 33]]) { $0[0].linear($0[1]) }, count: 3)
    expectNear(distances([[2, 1, 33], [20, 33], [20]]) { $0[0].linear($0[1], $0[2]) }, count: 4)
  }

  @Test("what is not finite stays so, that a step can be passed over")
  func notFinite() {
    let bad = TorchTensor([1, .nan, 2, 3] as [Float], shape: [2, 2])
    let ones = TorchTensor.ones([2, 2])
    #expect(bad.linear(ones).sum().item.isNaN)
    let heads = bad.reshape(1, 1, 2, 2).expand(2, 1, 2, 2)
    #expect(TorchTensor.attention(heads, heads, heads).sum().item.isNaN)
  }

  @Test("a frozen weight gets no gradient, and lets it through")
  func frozen() throws {
    let x = TorchTensor.ones([4, 3]).requiringGrad()
    let weight = TorchTensor.ones([2, 3])
    x.linear(weight).sum().backward()
    #expect(try #require(x.grad).array(of: Float.self) == Array(repeating: 2, count: 12))
    #expect(weight.grad == nil)
    let trained = TorchTensor.ones([2, 3]).requiringGrad()
    TorchTensor.ones([4, 3]).linear(trained).sum().backward()
    #expect(try #require(trained.grad).array(of: Float.self) == Array(repeating: 4, count: 6))
  }

  @Test("gradients are the same at every run, and outputs with any number of threads")
  func deterministic() {
    func run(_ threads: Int) -> [[Float]] {
      let before = TorchRuntime.threads
      TorchRuntime.threads = threads
      defer { TorchRuntime.threads = before }
      let q = (TorchTensor.arange(3 * 50 * 4 * 16, type: .float32) * 0.37).sin().reshape(3, 50, 4, 16)
        .requiringGrad()
      let w = (TorchTensor.arange(16 * 16, type: .float32) * 0.11).cos().reshape(16, 16).requiringGrad()
      let x = q.linear(w).transpose(1, 2)
      let y = TorchTensor.attention(x, x, x, isCausal: true)
      y.square().sum().backward()
      return [y.detach(), q.grad ?? q, w.grad ?? w].map { $0.array(of: Float.self) }
    }
    let first = run(2)
    #expect(run(2) == first)
    #expect(run(1)[0] == first[0])
  }
}
