import TestSupport
import Tessera
import Testing

@Suite("datasets made of datasets")
struct ComposedDatasetTests {
  static func numbers(_ count: Int, _ name: String, classes: [String] = []) -> InMemoryDataset {
    InMemoryDataset((0..<count).map { Sample(name: "\(name)\($0)", label: $0) }, classes: classes)
  }

  static func names(_ dataset: any Dataset) throws -> [String] {
    try (0..<dataset.count).map { try dataset.sample(at: $0).name }
  }

  @Test("a subset has its indices in their order, however they are kept")
  func subset() throws {
    let base = Self.numbers(10, "n")
    for indices in [[], [3], [3, 4, 5], [9, 0, 0, 4], Array(0..<10)] {
      let subset = try Subset(base, indices)
      #expect(try Self.names(subset) == indices.map { "n\($0)" })
      #expect(subset.indices == indices)
      #expect(try (0..<subset.count).map { try subset.label(at: $0) } == indices)
    }
    #expect(try Subset(base, 3..<6).fingerprint() == Subset(base, [3, 4, 5]).fingerprint())
    #expect(try Subset(base, [3, 5, 4]).fingerprint() != Subset(base, [3, 4, 5]).fingerprint())
    for wrong in [[10], [-1], [0, 99]] {
      #expect(throws: TesseraError.self) { _ = try Subset(base, wrong) }
    }
    #expect(throws: TesseraError.self) { _ = try Subset(base, 5..<11) }
  }

  @Test("a concatenation finds every sample behind empty parts and single ones")
  func concat() throws {
    let sizes = [0, 3, 0, 0, 1, 5, 0]
    let parts = sizes.enumerated().map { Self.numbers($1, "\($0):") }
    let all = try ConcatDataset(parts)
    #expect(all.count == 9)
    #expect(try Self.names(all) == parts.flatMap { part in part.samples.map(\.name) })
    #expect(all.locate(3) == (4, 0) && all.locate(8) == (5, 4))
    #expect(try ConcatDataset([]).count == 0)
    #expect(try all.fingerprint() != ConcatDataset(parts.reversed()).fingerprint())
  }

  @Test("parts of different classes are refused, with the class; parts without names fit")
  func classes() throws {
    let animals = Self.numbers(2, "a", classes: ["cat", "dog"])
    let plain = Self.numbers(2, "p")
    #expect(try ConcatDataset([plain, animals, plain, animals]).classes == ["cat", "dog"])
    let error = #expect(throws: TesseraError.self) {
      _ = try ConcatDataset([animals, Self.numbers(2, "b", classes: ["cat", "fox"])])
    }
    #expect(error?.description.contains("'fox'") == true)
    let shorter = #expect(throws: TesseraError.self) {
      _ = try ConcatDataset([animals, Self.numbers(2, "b", classes: ["cat"])])
    }
    #expect(shorter?.description.contains("class 1 is none") == true)
  }

  @Test("a repetition starts over, and refuses to be none or too many")
  func repeated() throws {
    let twice = try RepeatDataset(Self.numbers(3, "n"), times: 2)
    #expect(try Self.names(twice) == ["n0", "n1", "n2", "n0", "n1", "n2"])
    #expect(throws: TesseraError.self) { _ = try RepeatDataset(Self.numbers(3, "n"), times: 0) }
    #expect(throws: TesseraError.self) { _ = try RepeatDataset(Self.numbers(3, "n"), times: .max) }
    #expect(try RepeatDataset(Self.numbers(0, "n"), times: .max).count == 0)
  }

  @Test("a fingerprint of samples in memory changes with each thing that they hold")
  func fingerprints() throws {
    let image = Pictures.noise(Size(width: 3, height: 2), .rgb, seed: 1)
    func sample(_ change: (inout Sample) -> Void = { _ in }) -> Sample {
      var sample = Sample(
        name: "s", pictures: [.bytes([1, 2], name: "b"), .image(image)], label: 1, text: "t",
        conversation: [ConversationTurn(.user, "hello")],
        tensors: ["x": .float32(Tensor(shape: [2], [1, 2]))],
        annotations: Annotations(boxes: [BoundingBox(left: 0, top: 1, right: 2, bottom: 3)]))
      change(&sample)
      return sample
    }
    let changes: [(inout Sample) -> Void] = [
      { $0.name = "r" }, { $0.label = 2 }, { $0.text = nil }, { $0.text = "u" }, { $0.pictures.removeLast() },
      { $0.pictures[0] = .bytes([1, 3], name: "b") },
      { $0.pictures[1] = .image(Pictures.noise(Size(width: 3, height: 2), .rgb, seed: 2)) },
      { $0.conversation[0].role = .assistant }, { $0.conversation = [] },
      { $0.tensors["x"] = .float32(Tensor(shape: [2], [1, 3])) }, { $0.tensors["y"] = $0.tensors["x"] },
      { $0.annotations.boxes[0].right = 2.5 }, { $0.recipe = Recipe(Pipeline { ToTensor() }) },
    ]
    let prints = try ([{ _ in }] + changes).map { try InMemoryDataset([sample($0)]).fingerprint() }
    #expect(Set(prints).count == prints.count)
    #expect(try InMemoryDataset([sample()]).fingerprint() == prints[0])
    #expect(try InMemoryDataset([sample()], classes: ["a"]).fingerprint() != prints[0])
  }
}
