import Synchronization
import TesseraVLM
import Testing

@Suite("Torch checkpoints", .serialized)
struct TorchCheckpointTests {
  /// Layers of width 256 with an inner width of 2,048: most of the memory of a step is inside of a layer.
  struct Stack: Sendable {
    let up: [TorchTensor]
    let down: [TorchTensor]

    init(layers: Int, width: Int, inner: Int) {
      func weight(_ rows: Int, _ columns: Int, _ seed: Int) -> TorchTensor {
        ((TorchTensor.arange(rows * columns, type: .float32) + seed).sin() * 0.05).reshape(rows, columns)
          .requiringGrad()
      }
      up = (0..<layers).map { weight(inner, width, $0) }
      down = (0..<layers).map { weight(width, inner, 100 + $0) }
    }

    func layer(_ index: Int, _ x: TorchTensor) -> TorchTensor {
      x + x.linear(up[index]).gelu().silu().linear(down[index])
    }

    func run(_ input: TorchTensor, checkpointed: Bool, seen: @escaping @Sendable () -> Void = {})
      -> TorchTensor
    {
      var x = input
      for index in up.indices {
        let body = { @Sendable (x: TorchTensor) in
          let y = layer(index, x)
          seen()
          return y
        }
        x = checkpointed ? TorchTensor.checkpoint(x, body) : body(x)
      }
      return x
    }

    var gradients: [TorchTensor?] { (up + down).map(\.grad) }
    func clear() { for weight in up + down { weight.grad = nil } }
  }

  @Test(
    "give the same gradients to weights and input, also where the input needs none", arguments: [true, false])
  func gradients(_ inputNeeds: Bool) throws {
    let stack = Stack(layers: 3, width: 8, inner: 16)
    let values = (0..<32).map { Float($0 % 7) - 3 }
    let plain = TorchTensor(values, shape: [4, 8]).requiringGrad(inputNeeds)
    stack.run(plain, checkpointed: false).square().sum().backward()
    let expected = stack.gradients
    stack.clear()
    let other = TorchTensor(values, shape: [4, 8]).requiringGrad(inputNeeds)
    stack.run(other, checkpointed: true).square().sum().backward()
    for (a, b) in zip(stack.gradients, expected) { #expect(try #require(a).isEqual(to: try #require(b))) }
    #expect((other.grad == nil) == !inputNeeds)
    if inputNeeds { #expect(try #require(other.grad).isEqual(to: try #require(plain.grad))) }
  }

  @Test("run again under the autocast that they were made in")
  func autocasts() throws {
    let stack = Stack(layers: 2, width: 8, inner: 16)
    let x = TorchTensor.ones([2, 8])
    let loss = { (checkpointed: Bool) in
      autocast(.cpu) { stack.run(x, checkpointed: checkpointed) }.to(.float32).sum()
    }
    loss(false).backward()
    let expected = stack.gradients
    stack.clear()
    loss(true).backward()
    for (a, b) in zip(stack.gradients, expected) { #expect(try #require(a).isEqual(to: try #require(b))) }
  }

  @Test("pass several inputs and outputs")
  func several() throws {
    let a = TorchTensor([2, 3] as [Float]).requiringGrad()
    let b = TorchTensor([5, 7] as [Float]).requiringGrad()
    let results = TorchTensor.checkpoint([a, b], outputs: 2) { [$0[0] * $0[1], $0[0] + $0[1]] }
    #expect(results[1].array(of: Float.self) == [7, 10])
    (results[0] + results[1] * 10).sum().backward()
    #expect(a.grad?.array(of: Float.self) == [15, 17])
    #expect(b.grad?.array(of: Float.self) == [12, 13])
  }

  @Test("let go of what the closure holds when the graph is gone")
  func release() {
    final class Held: Sendable {
      let count: @Sendable () -> Void
      init(_ count: @escaping @Sendable () -> Void) { self.count = count }
      deinit { count() }
    }
    let gone = Mutex(0)
    func run(backward: Bool) {
      let held = Held { gone.withLock { $0 += 1 } }
      let x = TorchTensor([1] as [Float]).requiringGrad()
      let y = TorchTensor.checkpoint(x) { x in withExtendedLifetime(held) { x * 2 } }
      if backward { y.sum().backward() }
    }
    run(backward: true)
    run(backward: false)
    #expect(gone.withLock { $0 } == 2)
  }

  #if os(Linux)
    // In a process of its own: the heap is the whole process's, and other tests allocate beside this one.
    @Test("need less memory")
    func memory() async {
      await #expect(processExitsWith: .success) {
        let stack = Stack(layers: 8, width: 256, inner: 2048)
        let input = TorchTensor.ones([1024, 256])
        /// The most bytes in use over a step, above those at its start.
        func peak(checkpointed: Bool) -> Int {
          stack.clear()
          let before = TorchRuntime.heapBytes ?? 0
          let most = Mutex(0)
          let look = { @Sendable in
            let now = TorchRuntime.heapBytes ?? 0
            most.withLock { $0 = max($0, now - before) }
          }
          let loss = stack.run(input, checkpointed: checkpointed, seen: look).sum()
          look()
          loss.backward()
          return most.withLock { $0 }
        }
        let plain = peak(checkpointed: false)
        let checkpointed = peak(checkpointed: true)
        // 8 layers hold 3 inner activations of 8 MiB each, 192 MiB; one layer at a time holds 24 MiB beside gradients.
        #expect(plain > 150 << 20, "\(plain) bytes")
        #expect(checkpointed * 2 < plain, "\(checkpointed) against \(plain) bytes")
      }
    }
  #endif
}
