import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import TesseraVLM
import Testing

@Suite("files of weights")
struct WeightsDirectoryTests {
  // MARK: one file

  @Test(
    "a header that lies is an error which names the tensor",
    arguments: [
      (
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
        "'a' of shape [2] and dtype F32 needs 8 bytes, its place [0, 4] has 4, as many as dtype BF16 or F16 needs"
      ),
      (
        #"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,8]}}"#, 8,
        "'a' of shape [2] and dtype F8_E4M3 needs 2 bytes, its place [0, 8] has 8, as many as dtype F32 needs"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
        "'a' at 4 leaves a gap before it, which ends at 0"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
        6, "'b' at 2 overlaps the tensor before it, which ends at 4"
      ),
      (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 5, "1 bytes behind the last tensor"),
      (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 3, "ends after 3 of 4 bytes"),
      (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#, 4, "the place of 'a' is [4, 0]"),
      (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}}"#, 4, "the place of 'a' is [0, 4, 8]"),
      (
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
        8, "two tensors are named 'a'"
      ),
      (#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#, 4, "type F99 of 'a' is not supported"),
      (
        #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}"#, 4,
        "shape of 'a' must be whole numbers from 0 on"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,4]}}"#, 4,
        "shape of 'a' must be whole numbers from 0 on"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}"#, 4,
        "'a' has a shape that no file can hold"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4294967296,4294967296,4294967296,0],"data_offsets":[0,0]}}"#, 0,
        "'a' has a shape that no file can hold"
      ),
      (#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, 1, "'a' has a shape that no file can hold"),
      (#"{"a":{"shape":[4],"data_offsets":[0,4]}}"#, 4, "'a' has no dtype"),
      (#"{"a":{"dtype":"U8","data_offsets":[0,4]}}"#, 4, "'a' has no list shape"),
      (#"{"a":3}"#, 4, "'a' has no dtype"), ("not JSON", 4, "the header is not the JSON it must be"),
      (#"["a"]"#, 0, "expected '{' at byte 8, found ["), (#"{"a":"#, 0, "the header's JSON ends early"),
      (#"{"__metadata__":{"a":1}}"#, 0, "metadata 'a' is a number, not a string"), ("", 0, "ends early"),
    ])
  func lies(_ json: String, _ bytes: Int, _ expected: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(safetensors(json, zeros: bytes), "a.safetensors")
    let text = message { _ = try WeightsFile(folder.path + "/a.safetensors") }
    #expect(text.contains(expected), "\(text)")
    #expect(text.contains("a.safetensors"))
  }

  @Test("a header length that the file does not have is refused, up to 2^64 − 1")
  func headerLength() throws {
    let folder = try TemporaryFolder()
    for top in [0x10, 0x7F, 0x80, 0xFF] as [UInt8] {
      try folder.write([255, 255, 255, 255, 255, 255, 255, top] + Array("{}".utf8), "a.safetensors")
      let text = message { _ = try WeightsFile(folder.path + "/a.safetensors") }
      #expect(
        text.contains("\(UInt64(top) << 56 | 0xFF_FFFF_FFFF_FFFF)") && text.contains("100000000"), "\(text)")
    }
    try folder.write([200, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), "a.safetensors")
    #expect(
      message { _ = try WeightsFile(folder.path + "/a.safetensors") }.contains("ends after 10 of 208 bytes"))
  }

  @Test("every type of the format is known by its name and size")
  func types() throws {
    let folder = try TemporaryFolder()
    for type in SafetensorsType.allCases {
      // Eight elements fill whole bytes in every type.
      let json = #"{"a":{"dtype":"\#(type.rawValue)","shape":[8],"data_offsets":[0,\#(type.bitCount)]}}"#
      try folder.write(safetensors(json, zeros: type.bitCount), "a.safetensors")
      #expect(try WeightsFile(folder.path + "/a.safetensors").weights.map(\.type) == [type])
    }
    #expect(SafetensorsType.allCases.count == 22)
  }

  @Test("twenty thousand tensors are opened and each is found")
  func manyTensors() throws {
    let folder = try TemporaryFolder()
    var header = SafetensorsHeader()
    for index in 0..<20_000 { header.append("t\(index)", shape: [1], dataType: .uint8) }
    try folder.write(
      header.encoded() + (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }, "model.safetensors")
    let directory = try WeightsDirectory(folder.path)
    for index in stride(from: 0, to: 20_000, by: 7) {
      let weight = try #require(directory["t\(index)"])
      #expect(try weight.withBytes { $0[0] } == UInt8(truncatingIfNeeded: index))
      #expect(header["t\(index)"]?.bytes.lowerBound == index)
    }
    header.entries.remove(at: 3)
    #expect(header["t3"] == nil && header["t4"]?.name == "t4")
  }

  // MARK: shards

  private func shards(_ folder: TemporaryFolder, _ map: String) throws -> String {
    try TinyModel.writeWeights(
      [("a", [2]), ("b", [1])], to: folder.path + "/model-00001-of-00002.safetensors")
    try TinyModel.writeWeights([("c", [3])], to: folder.path + "/model-00002-of-00002.safetensors")
    try folder.write(#"{"metadata":{"total_size":24},"weight_map":\#(map)}"#, Self.index)
    return message { _ = try WeightsDirectory(folder.path) }
  }

  private static let index = "model.safetensors.index.json"
  private static let (one, two) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")

  @Test("a directory in shards is read as one")
  func sharded() throws {
    let folder = try TemporaryFolder()
    _ = try shards(folder, #"{"a":"\#(Self.one)","b":"\#(Self.one)","c":"\#(Self.two)"}"#)
    let directory = try WeightsDirectory(folder.path)
    #expect(directory.weights.map(\.name).sorted() == ["a", "b", "c"] && directory.files.count == 2)
    #expect(directory["c"]?.shape == [3] && directory["d"] == nil)
  }

  @Test(
    "an index that lies is an error which says where",
    arguments: [
      (
        #"{"a":"1","b":"1","c":"model-00003.safetensors"}"#,
        "weight_map sends 'c' to 'model-00003.safetensors', which is not there"
      ),
      (
        #"{"a":"1","b":"2","c":"2"}"#,
        "weight_map sends 'b' to 'model-00002-of-00002.safetensors', it is in 'model-00001-of-00002.safetensors'"
      ),
      (#"{"a":"1","c":"2"}"#, "'b' in model-00001-of-00002.safetensors is not in weight_map"),
      (
        #"{"a":"1","b":"1","c":"2","d":"2"}"#,
        "weight_map sends 'd' to 'model-00002-of-00002.safetensors', which has no such tensor"
      ),
      (
        #"{"a":"../secret","b":"1","c":"2"}"#, "weight_map.a must be a file of this directory, is '../secret'"
      ),
      (#"{"a":"/etc/passwd"}"#, "weight_map.a must be a file of this directory, is '/etc/passwd'"),
      (#"{"a":".."}"#, "weight_map.a must be a file of this directory"),
      (#"{"a":""}"#, "weight_map.a must be a file of"),
      (#"{"a":3}"#, "weight_map.a must be a file's name, is a number"),
      (#"{"a":"1","a":"1","b":"1","c":"2"}"#, "weight_map has 'a' twice"),
      ("[]", "weight_map must be an object, is an array"),
    ])
  func index(_ map: String, _ expected: String) throws {
    let folder = try TemporaryFolder()
    let whole = map.replacingOccurrences(of: #":"1""#, with: #":"\#(Self.one)""#)
      .replacingOccurrences(of: #":"2""#, with: #":"\#(Self.two)""#)
    let text = try shards(folder, whole)
    #expect(text.contains(expected) && text.contains(Self.index), "\(text)")
  }

  @Test("a directory of pickles says what to do, one of nothing what is wanted")
  func pickles() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { _ = try WeightsDirectory(folder.path) }.contains(
        "needs model.safetensors or model.safetensors.index.json, got neither"))
    try folder.write("x", "pytorch_model.bin")
    let text = message { _ = try WeightsDirectory(folder.path) }
    #expect(text.contains("pytorch_model.bin") && text.contains("safe_serialization=True"), "\(text)")
    #expect(message { _ = try WeightsDirectory(folder.path + "/none") }.contains("no such directory"))
  }

  // MARK: memory

  @Test("a directory of seven billion parameters opens within 8 MB of memory of its own")
  func sevenBillion() throws {
    let folder = try TemporaryFolder()
    let config = Data(
      #"{"model_type":"llava","image_token_index":32000,"text_config":{"vocab_size":32064},"tie_word_embeddings":false}"#
        .utf8)
    try folder.write(Array(config), "config.json")
    let specs = ExpectedParameters.llava(try LlavaConfig(json: Array(config), file: "config.json"))
    var header = SafetensorsHeader()
    for spec in specs { header.append(spec.name, shape: spec.shape, dataType: .float16) }
    let path = folder.path + "/model.safetensors"
    let head = header.encoded()
    try folder.write(head, "model.safetensors")
    // Sparse: 14 GB that take no disk.
    #expect(truncate(path, off_t(head.count + header.byteCount)) == 0)
    #expect(header.byteCount == 2 * 7_063_427_072)
    // Other tests run beside this one and take memory too: the least of some tries is this one's.
    var least = Int.max
    for _ in 0..<5 {
      let before = try Self.anonymousBytes()
      let checkpoint = try Checkpoint(folder.path)
      least = min(least, try Self.anonymousBytes() - before)
      #expect(checkpoint.parameters.count == specs.count)
      // The last number of the last tensor is there without the others being read.
      let weight = try #require(checkpoint.parameters.last?.weight)
      #expect(try weight.withBytes { $0[$0.count - 1] } == 0)
    }
    #expect(least < 8 << 20, "\(least) bytes")
  }

  /// Memory of the process that is no file's.
  private static func anonymousBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "")) * 1024
  }
}
