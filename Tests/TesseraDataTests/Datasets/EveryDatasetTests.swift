import TestSupport
import Tessera
import TesseraData
import Testing

@Suite("every dataset")
struct EveryDatasetTests {
  /// One of each kind, over files that are in the folder.
  static func all(_ folder: TemporaryFolder) throws -> [(String, any Dataset)] {
    let root = folder.path
    for number in 0..<4 {
      let image = Pictures.ramps(Size(width: 9 + number, height: 7), .rgb, seed: UInt64(number))
      try folder.write(try PNGEncoder().encode(image), "\(number).png")
    }
    let rows = (0..<4).map { ("\($0).png", ["b", "a"][$0 % 2], "text \($0)") }
    try folder.write("path,label,text\n" + rows.map { "\($0.0),\($0.1),\($0.2)\n" }.joined(), "l.csv")
    try folder.write(
      rows.map { #"{"image": "\#($0.0)", "captions": ["\#($0.2)", "other"]}"# + "\n" }.joined(), "c.jsonl")
    try folder.write(
      "["
        + rows.map { #"{"image": "\#($0.0)", "conversations": [{"from": "human", "value": "<image>"}]}"# }
        .joined(separator: ",") + "]", "t.json")
    try SafetensorsFile.write(
      [
        "images": .uint8(Tensor(shape: [4, 1, 2, 2], (0..<16).map { UInt8($0) })),
        "labels": .int64(Tensor(shape: [4], [0, 1, 0, 1])),
      ], to: root + "/t.safetensors")
    try folder.write(
      #"{"images": ["#
        + (0..<4).map { #"{"id": \#($0), "file_name": "\#($0).png", "width": \#(9 + $0), "height": 7}"# }
        .joined(separator: ",")
        + #"], "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3], "segmentation": [[1, 1, 4, 1, 4, 4]]}], "categories": [{"id": 1, "name": "x"}]}"#,
      "coco.json")
    let list = try ImageList(root + "/l.csv")
    let mapped = list.map {
      Resize(5)
      RandomHorizontalFlip()
      ToTensor()
    }
    return [
      ("list", list), ("captions", try CaptionDataset(root + "/c.jsonl")),
      ("conversations", try ConversationDataset(root + "/t.json")),
      ("memory", InMemoryDataset(try (0..<4).map { try list.sample(at: $0) }, classes: list.classes)),
      ("tensors", try TensorDataset(root + "/t.safetensors")),
      ("detection", try DetectionDataset(root + "/coco.json", masks: .instances)),
      ("subset", try Subset(list, [3, 1])),
      ("concat", try ConcatDataset([list, list])), ("repeat", try RepeatDataset(list, times: 3)),
      ("mapped", mapped), ("cached", try mapped.cached(.memory(limit: .max))),
      ("cached on disk", try mapped.cached(.disk(root + "/cache"))),
    ]
  }

  /// A digest of all that a sample holds, its pictures read.
  static func digest(_ sample: Sample) throws -> Fingerprint {
    var read = sample
    read.pictures = try sample.pictures.map { picture in
      guard let bytes = try picture.encodedBytes() else { return picture }
      return .bytes(bytes, name: picture.name)
    }
    return try InMemoryDataset([read]).fingerprint()
  }

  @Test("is Sendable, and gives the same samples, labels and fingerprint to threads at once as to one")
  func repeatable() async throws {
    let folder = try TemporaryFolder()
    for (name, dataset) in try Self.all(folder) {
      let first = try (0..<dataset.count).map { try Self.digest(dataset.sample(at: $0)) }
      let print = try dataset.fingerprint()
      #expect(Set(first).count > 1, "\(name)")
      let others = try await withThrowingTaskGroup(of: [Fingerprint].self) { group in
        for _ in 0..<4 {
          group.addTask {
            var digests: [Fingerprint] = []
            for index in 0..<dataset.count {
              let sample = try dataset.sample(at: index)
              digests.append(try Self.digest(sample))
              #expect(try dataset.label(at: index) == sample.label)
              #expect(sample.label.map { dataset.classes.isEmpty || $0 < dataset.classes.count } ?? true)
            }
            #expect(try dataset.fingerprint() == print)
            return digests
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(others == Array(repeating: first, count: 4), "\(name)")
    }
  }

  @Test("has a fingerprint of its own")
  func fingerprints() throws {
    let folder = try TemporaryFolder()
    let all = try Self.all(folder).filter { !$0.0.hasPrefix("cached") }
    #expect(try Set(all.map { try $0.1.fingerprint() }).count == all.count)
  }

  @Test("opened again over the same files has the same fingerprint")
  func again() throws {
    let folder = try TemporaryFolder()
    let first = try Self.all(folder).map { try $0.1.fingerprint() }
    #expect(try Self.all(folder).map { try $0.1.fingerprint() } == first)
  }
}
