import Synchronization
import Tessera
import TesseraVLM
import Testing

@Suite("Torch tensors", .serialized)
struct TorchTensorTests {
  @Test("hold elements of every type, and give them back")
  func types() {
    #expect(TorchTensor([1.5, -2] as [Double]).array(of: Double.self) == [1.5, -2])
    #expect(TorchTensor([1.5, -2] as [Float]).array(of: Float.self) == [1.5, -2])
    #expect(TorchTensor([1.5, -2] as [Float16]).array(of: Float16.self) == [1.5, -2])
    #expect(TorchTensor([BFloat16(1.5)]).array(of: BFloat16.self) == [BFloat16(1.5)])
    #expect(TorchTensor([1, -2]).array(of: Int.self) == [1, -2])
    #expect(TorchTensor([1, -2] as [Int32]).array(of: Int32.self) == [1, -2])
    #expect(TorchTensor([1, 255] as [UInt8]).array(of: UInt8.self) == [1, 255])
    #expect(TorchTensor([true, false]).array(of: Bool.self) == [true, false])
    for type in TorchType.allCases {
      let tensor = TorchTensor.ones([2, 3], type: type)
      #expect(tensor.type == type && tensor.byteCount == 6 * type.byteCount)
      #expect(tensor.array(of: Double.self) == Array(repeating: 1, count: 6))
    }
    #expect(
      TorchTensor.arange(0, 1, step: 0.25, type: .float64).array(of: Double.self) == [0, 0.25, 0.5, 0.75])
  }

  @Test("tell shape, strides and place")
  func facts() {
    let tensor = TorchTensor.zeros([2, 3, 4]).transpose(0, 2)
    #expect(tensor.shape == [4, 3, 2])
    #expect(tensor.strides == [1, 4, 12])
    #expect(!tensor.isContiguous && tensor.contiguous().isContiguous)
    #expect(tensor.size(-1) == 2 && tensor.rank == 3 && tensor.count == 24)
    #expect(tensor.device == .cpu)
    #expect(TorchTensor(7.0).shape.isEmpty && TorchTensor(7.0).item == 7 && TorchTensor(7).intItem == 7)
    #expect(TorchTensor.zeros([0, 3]).array(of: Float.self).isEmpty)
    #expect(TorchDevice("cuda:1") == .cuda(1) && TorchDevice("cpu") == .cpu && TorchDevice("tpu") == nil)
  }

  @Test("are written in place through their views")
  func mutation() {
    let cache = TorchTensor.zeros([2, 4])
    cache.narrow(1, start: 1, count: 2).copy(from: TorchTensor([1, 2] as [Float]))
    #expect(cache.array(of: Int.self) == [0, 1, 2, 0, 0, 1, 2, 0])
    cache[0].add(TorchTensor.ones([4]), times: 2).multiply(by: 10)
    #expect(cache[0].array(of: Int.self) == [20, 30, 40, 20])
    #expect(cache.fill(3).array(of: Int.self) == Array(repeating: 3, count: 8))
  }

  @Test("keep integers integral beside integers")
  func numbers() {
    let tensor = TorchTensor([3, 4])
    #expect((tensor * 2 + 1).type == .int64)
    #expect((tensor * 2.0).type == .float32)
    #expect((tensor / 2).array(of: Double.self) == [1.5, 2])
    #expect(tensor.floorDivide(2).array(of: Int.self) == [1, 2])
  }

  @Test("turn libtorch's exceptions into errors with its whole message")
  func errors() throws {
    let a = TorchTensor.zeros([2, 3])
    let shapes = #expect(throws: TesseraError.self) { try TorchTensor.call("mm", [.tensor(a), .tensor(a)]) }
    #expect(
      try #require(shapes).description.contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"))
    let name = #expect(throws: TesseraError.self) { try TorchTensor.call("no_such_operator", [.tensor(a)]) }
    #expect(try #require(name).description.contains("no_such_operator"))
    let many = #expect(throws: TesseraError.self) {
      try TorchTensor.call("neg", [.tensor(a), .int(1), .int(2)])
    }
    #expect(try #require(many).description.contains("takes 1 arguments, got 3"))
    #expect(throws: TesseraError.self) { try TorchTensor.call("neg", []) }
    #expect(throws: TesseraError.self) { try TorchTensor.call("neg", [.int(3)]) }
  }

  @Test("reach any operator by its name, with defaults")
  func boxed() throws {
    #expect(TorchTensor.hasOperator("linspace") && !TorchTensor.hasOperator("no_such_operator"))
    let x = TorchTensor([3, 1, 2] as [Float])
    #expect(try TorchTensor.call("argsort", [.tensor(x)])[0].array(of: Int.self) == [1, 2, 0])
    let rolled = try TorchTensor.call("roll", [.tensor(x), .ints([1]), .ints([0])])
    #expect(rolled[0].array(of: Int.self) == [2, 3, 1])
    let indexed = try TorchTensor.call(
      "index", overload: "Tensor", [.tensor(x.reshape(1, 3)), .optionalTensors([nil, TorchTensor([2, 0])])])
    #expect(indexed[0].array(of: Int.self) == [2, 3])
    let parts = try TorchTensor.call("unbind", overload: "int", [.tensor(TorchTensor.zeros([20, 1]))])
    #expect(parts.count == 20)
    let empty = try TorchTensor.call(
      "empty", overload: "memory_format", [.ints([2]), .type(.int32), .none, .device(.cpu)])
    #expect(empty[0].type == .int32)
  }

  @Test("are freed: many steps of training leave no handle behind")
  func leaks() {
    let weight = TorchTensor.ones([8, 8]).requiringGrad()
    let optimizer = AdamW([AdamW.Group([weight])])
    func step() {
      let x = TorchTensor.ones([4, 8])
      let y = TorchTensor.checkpoint(x) { $0.linear(weight).gelu() }
      autocast(.cpu) { y.linear(weight) }.to(.float32).topK(2).values.sum().backward()
      optimizer.clipGradients(norm: 1)
      optimizer.step()
      optimizer.clearGradients()
    }
    step()
    // Other suites run beside this one and hold handles of their own for a while: a leak grows with every step.
    let before = TorchTensor.liveCount
    for _ in 0..<2000 { step() }
    #expect(TorchTensor.liveCount - before < 2000)
  }

  @Test("share the loader's memory, and keep it when the loader lets go", arguments: DataType.allCases)
  func sharing(_ type: DataType) throws {
    let released = Mutex(false)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 48, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 48)
    func share() -> TorchTensor {
      let block = MemoryBlock(adopting: memory, byteCount: 48) { memory in
        released.withLock { $0 = true }
        memory.deallocate()
      }
      let tensor = TorchTensor(sharing: AnyTensor(shape: [2, 3], dataType: type, block: block))
      return tensor[1]
    }
    func use() {
      let view = share()
      #expect(view.dataPointer == memory + 3 * type.byteCount)
      #expect(view.shape == [3] && view.type == TorchType(type))
      #expect(!released.withLock { $0 })
      #expect(view.array(of: Int.self) == [0, 0, 0])
    }
    use()
    #expect(released.withLock { $0 })
  }

  @Test("are shared back without a copy, and keep their memory", arguments: DataType.allCases)
  func sharingBack(_ type: DataType) throws {
    func make() throws -> (AnyTensor, UnsafeMutableRawPointer?) {
      let tensor = TorchTensor.arange(6, type: TorchType(type)).reshape(2, 3)
      return (try AnyTensor(sharing: tensor), tensor.dataPointer)
    }
    let (tensor, pointer) = try make()
    #expect(tensor.shape == [2, 3] && tensor.dataType == type)
    #expect(tensor.withUnsafeBytes { $0.baseAddress } == UnsafeRawPointer(pointer))
    #expect(TorchTensor(sharing: tensor).array(of: Int.self) == [0, 1, 2, 3, 4, 5])
    #expect(TorchTensor(sharing: tensor).dataPointer == pointer)
    #expect(throws: TesseraError.self) { try AnyTensor(sharing: TorchTensor.zeros([1], type: .float64)) }
    let turned = try AnyTensor(
      sharing: TorchTensor.arange(6, type: TorchType(type)).reshape(2, 3).transpose(0, 1))
    #expect(TorchTensor(sharing: turned).array(of: Int.self) == [0, 3, 1, 4, 2, 5])
    #expect(try AnyTensor(sharing: TorchTensor.zeros([0, 2], type: TorchType(type))).shape == [0, 2])
    #expect(
      TorchTensor(sharing: AnyTensor(shape: [0], dataType: type, block: MemoryBlock(byteCount: 0))).shape == [
        0
      ])
  }

  @Test("copy a shared tensor before the loader's side writes it")
  func copyOnWrite() throws {
    let torch = TorchTensor([1, 2] as [Float])
    guard case .float32(var tensor) = try AnyTensor(sharing: torch) else {
      return #expect(Bool(false), "no float32")
    }
    tensor[0] = 9
    #expect(torch.array(of: Float.self) == [1, 2])
    #expect(tensor.elements == [9, 2])
  }
}
