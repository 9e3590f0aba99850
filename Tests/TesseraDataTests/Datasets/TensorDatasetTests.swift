import Foundation
import TestSupport
import Tessera
import TesseraData
import Testing

@Suite("tensors in files")
struct TensorDatasetTests {
  static func numbers(_ shape: [Int], from first: Int = 0) -> Tensor<Float> {
    Tensor(shape: shape, (0..<shape.reduce(1, *)).map { Float($0 + first) })
  }

  /// Whether two tensors share nothing but have the same elements.
  static func row(_ tensor: Tensor<Float>, _ row: Int) -> AnyTensor {
    let size = tensor.count / tensor.shape[0]
    return .float32(
      Tensor(shape: Array(tensor.shape.dropFirst()), Array(tensor.elements[row * size..<(row + 1) * size])))
  }

  static func picture(_ sample: Sample) throws -> AnyTensor {
    guard case .tensor(let tensor, _)? = sample.pictures.first else {
      throw TesseraError(.invalidInput(operation: "test", expected: "a tensor", got: "\(sample.pictures)"))
    }
    return tensor
  }

  @Test("shards of a folder follow each other; rows are pictures, labels and tensors")
  func shards() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (Self.numbers([3, 2, 2, 2]), Self.numbers([2, 2, 2, 2], from: 100))
    for (number, images) in [first, second].enumerated() {
      let rows = images.shape[0]
      try SafetensorsFile.write(
        [
          "images": .float32(images),
          "labels": .int64(Tensor(shape: [rows], (0..<rows).map { Int64($0 - 1) })),
          "extra": .uint8(Tensor(shape: [rows, 2], (0..<2 * rows).map { UInt8($0) })),
        ], metadata: ["classes": "[\"a\",\"b\"]"], to: "\(folder.path)/shard-0000\(number).safetensors")
    }
    try folder.write("{}", "manifest.jsonl")
    let set = try TensorDataset(folder.path)
    #expect(set.count == 5 && set.classes == ["a", "b"] && set.leftOut == [])
    for index in 0..<5 {
      let sample = try set.sample(at: index)
      #expect(try Self.picture(sample) == Self.row(index < 3 ? first : second, index < 3 ? index : index - 3))
      let label = index < 3 ? index - 1 : index - 4
      #expect(try sample.label == (label < 0 ? nil : label) && set.label(at: index) == sample.label)
      let row = UInt8(index < 3 ? index : index - 3)
      #expect(sample.tensors == ["extra": .uint8(Tensor(shape: [2], [2 * row, 2 * row + 1]))])
    }
  }

  @Test("writing to a row changes a copy, never the file or another view")
  func copyOnWrite() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.safetensors"
    try SafetensorsFile.write(["images": .float32(Self.numbers([2, 1, 2, 2]))], to: path)
    let set = try TensorDataset(path)
    guard case .float32(var tensor) = try Self.picture(set.sample(at: 1)) else {
      Issue.record("not float32")
      return
    }
    tensor[0, 0, 0] = -1
    #expect(tensor.elements == [-1, 5, 6, 7])
    #expect(try Self.picture(set.sample(at: 1)) == Self.row(Self.numbers([2, 1, 2, 2]), 1))
  }

  @Test("a view outlives the dataset that gave it")
  func lifetime() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.safetensors"
    try SafetensorsFile.write(["images": .float32(Self.numbers([2, 1, 2, 2]))], to: path)
    let tensor = try Self.picture(TensorDataset(path).sample(at: 0))
    #expect(tensor == Self.row(Self.numbers([2, 1, 2, 2]), 0))
  }

  @Test("what NumPy saves is read: npy, npz stored, compressed and zip64, labels of every whole type")
  func numpy() async throws {
    let folder = try TemporaryFolder()
    _ = try await Oracle.pillow13.run(
      """
      import zipfile
      x = np.arange(4 * 3 * 5 * 7, dtype=np.float32).reshape(4, 3, 5, 7)
      y = np.array([2, 0, 1, 3])
      np.save(root + '/x.npy', x)
      np.save(root + '/y.npy', y.astype(np.int32))
      for kind in ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'bool']:
          labels = (y % 2).astype(kind)
          np.savez(root + f'/stored-{kind}.npz', images=x, labels=labels, z=y.astype(np.float64))
          np.savez_compressed(root + f'/packed-{kind}.npz', images=x, labels=labels, z=y.astype(np.float64))
      limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
      zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 1
      np.savez(root + '/wide.npz', images=x, labels=y)
      zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
      out = 1
      """, ["root": .string(folder.path)])
    let images = Self.numbers([4, 3, 5, 7])
    func check(_ set: TensorDataset, labels: [Int?]) throws {
      #expect(set.count == 4)
      for index in 0..<set.count {
        #expect(try Self.picture(set.sample(at: index)) == Self.row(images, index))
        #expect(try set.sample(at: index).label == labels[index])
      }
    }
    try check(TensorDataset(folder.path + "/x.npy"), labels: [nil, nil, nil, nil])
    try check(
      TensorDataset(arrays: ["images": folder.path + "/x.npy", "labels": folder.path + "/y.npy"]),
      labels: [2, 0, 1, 3])
    try check(TensorDataset(folder.path + "/wide.npz"), labels: [2, 0, 1, 3])
    for kind in ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"] {
      for way in ["stored", "packed"] {
        let set = try TensorDataset("\(folder.path)/\(way)-\(kind).npz")
        try check(set, labels: [0, 0, 1, 1])
        #expect(set.leftOut == ["z"])
      }
    }
    let error = #expect(throws: TesseraError.self) {
      try TensorDataset(folder.path + "/stored-int64.npz", tensors: ["z"])
    }
    guard case .unsupported = error?.reason else {
      Issue.record("got \(String(describing: error))")
      return
    }
  }

  @Test("every cut and every changed byte of a compressed npz is an error or changes nothing that is read")
  func damagedZip() async throws {
    let folder = try TemporaryFolder()
    let reply = try await Oracle.pillow13.run(
      """
      sink = io.BytesIO()
      np.savez_compressed(sink, images=np.arange(60, dtype=np.float32).reshape(2, 1, 5, 6), labels=np.array([1, 0]))
      out = sink.getvalue()
      """)
    let bytes = reply.bytes
    let images = Self.numbers([2, 1, 5, 6])
    for cut in stride(from: 0, to: bytes.count, by: 7) {
      try folder.write(Array(bytes[..<cut]), "a.npz")
      #expect(throws: TesseraError.self, "cut at \(cut)") { try TensorDataset(folder.path + "/a.npz") }
    }
    var refused = 0
    for at in bytes.indices {
      var changed = bytes
      changed[at] ^= 0x41
      try folder.write(changed, "a.npz")
      do {
        let set = try TensorDataset(folder.path + "/a.npz", images: "images", labels: "labels", tensors: [])
        for index in 0..<set.count {
          #expect(try Self.picture(set.sample(at: index)) == Self.row(images, index), "\(at)")
        }
      } catch is TesseraError { refused += 1 }
    }
    #expect(refused > bytes.count / 2)
  }

  @Test("an npz whose arrays share their bytes is refused: a small one would unpack to any size")
  func overlappingZip() async throws {
    let folder = try TemporaryFolder()
    let reply = try await Oracle.pillow13.run(
      """
      sink = io.BytesIO()
      np.savez_compressed(sink, a=np.zeros(100, dtype=np.float32))
      good = sink.getvalue()
      at = good.index(b"PK\\x01\\x02")
      end = good.index(b"PK\\x05\\x06")
      entry = good[at:end]
      both = entry + entry.replace(b"a.npy", b"b.npy")
      tail = good[end:]
      tail = tail[:8] + (2).to_bytes(2, "little") * 2 + len(both).to_bytes(4, "little") + tail[16:]
      out = good[:at] + both + tail
      """)
    try folder.write(reply.bytes, "a.npz")
    let error = #expect(throws: TesseraError.self) { try TensorDataset(folder.path + "/a.npz") }
    #expect(error?.description.contains("share bytes") == true, "\(String(describing: error))")
  }

  @Test(
    "a safetensors header that lies is an error at once",
    arguments: [
      #"{"images":{"dtype":"F32","shape":[2,4],"data_offsets":[0,16]}}"#,
      #"{"images":{"dtype":"F32","shape":[1,4],"data_offsets":[16,32]}}"#,
      #"{"images":{"dtype":"U8","shape":[32],"data_offsets":[0,32]},"b":{"dtype":"U8","shape":[32],"data_offsets":[0,32]}}"#,
      #"{"images":{"dtype":"U8","shape":[2,16],"data_offsets":[0,32]},"images":{"dtype":"U8","shape":[2,16],"data_offsets":[0,32]}}"#,
      #"{"images":{"dtype":"U8","shape":[9223372036854775807,3],"data_offsets":[0,32]}}"#,
      #"{"images":{"dtype":"U8","shape":[-32],"data_offsets":[0,32]}}"#,
      #"{"images":{"dtype":"U8","shape":[32]}}"#,
      #"{"images":{"dtype":"U8","shape":[2,8],"data_offsets":[0,16]}}"#, "[]", "{", #"{"images": 3}"#,
      #"{"images":{"dtype":"U8","shape":[1e3],"data_offsets":[0,32]}}"#, #"{"__metadata__":{"a":1}}"#,
      #"{"images":{"dtype":"U8","shape":[4000],"data_offsets":[0,4000]}}"#,
      #"{"images":{"dtype":"F64","shape":[2,2],"data_offsets":[0,32]}}"#,
    ])
  func lies(_ json: String) throws {
    let folder = try TemporaryFolder()
    let header = Array(json.utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    try folder.write(length + header + [UInt8](repeating: 1, count: 32), "a.safetensors")
    let error = #expect(throws: TesseraError.self) {
      try TensorDataset(folder.path + "/a.safetensors", images: "images")
    }
    #expect(error?.path == folder.path + "/a.safetensors")
  }

  @Test("types that no tensor has matter only if they are asked for")
  func otherTypes() throws {
    let folder = try TemporaryFolder()
    let json = Array(
      #"{"images":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]},"w":{"dtype":"F64","shape":[2],"data_offsets":[8,24]},"n":{"dtype":"X9","shape":[2],"data_offsets":[24,27]}}"#
        .utf8)
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    try folder.write(length + json + [UInt8](repeating: 1, count: 27), "a.safetensors")
    let set = try TensorDataset(folder.path + "/a.safetensors")
    #expect(try set.leftOut == ["w", "n"] && set.sample(at: 1).tensors.isEmpty)
    #expect(throws: TesseraError.self) { try TensorDataset(folder.path + "/a.safetensors", tensors: ["w"]) }
    #expect(throws: TesseraError.self) { try TensorDataset(folder.path + "/a.safetensors", images: "n") }
  }

  @Test("arrays of different lengths, files of different arrays and names that are not there are errors")
  func disagreement() throws {
    let folder = try TemporaryFolder()
    func write(_ name: String, _ tensors: [String: AnyTensor]) throws -> String {
      try SafetensorsFile.write(tensors, to: folder.path + "/" + name)
      return folder.path + "/" + name
    }
    let images = AnyTensor.float32(Self.numbers([3, 1, 2, 2]))
    let uneven = try write("u.safetensors", ["images": images, "labels": .int64(Tensor(shape: [2]))])
    let error = #expect(throws: TesseraError.self) { try TensorDataset(uneven) }
    #expect(
      error?.description.contains("3 rows") == true && error?.description.contains("'labels' 2") == true)
    let a = try write("a.safetensors", ["images": images])
    let b = try write("b.safetensors", ["images": .float32(Self.numbers([3, 1, 2, 3]))])
    let c = try write("c.safetensors", ["images": images, "x": .float32(Self.numbers([3]))])
    for other in [b, c] { #expect(throws: TesseraError.self) { try TensorDataset(files: [a, other]) } }
    let missing = #expect(throws: TesseraError.self) { try TensorDataset(a, images: "image") }
    #expect(missing?.description.contains("did you mean 'images'?") == true)
    let scalar = try write("s.safetensors", ["images": .float32(Self.numbers([]))])
    #expect(throws: TesseraError.self) { try TensorDataset(scalar) }
    #expect(throws: TesseraError.self) { try TensorDataset(folder.path + "/nowhere.npz") }
    try folder.write([], "empty.npy")
    #expect(throws: TesseraError.self) { try TensorDataset(folder.path + "/empty.npy") }
    #expect(throws: TesseraError.self) { try TensorDataset(try TemporaryFolder().path) }
  }

  @Test("a file that was cut short is an error of the sample, and no signal")
  func shrunk() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.safetensors"
    try SafetensorsFile.write(["images": .float32(Self.numbers([64, 3, 32, 32]))], to: path)
    let set = try TensorDataset(path)
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: 4096)
    try handle.close()
    let error = #expect(throws: TesseraError.self) { try set.sample(at: 63) }
    guard case .truncated = error?.reason else {
      Issue.record("got \(String(describing: error))")
      return
    }
    #expect(error?.stage == .read)
  }

  @Test("fingerprints change with elements, shapes and classes, and not with the place")
  func fingerprint() throws {
    func print(_ images: Tensor<Float>, labels: [Int64] = [0, 1], metadata: [String: String] = [:]) throws
      -> Fingerprint
    {
      let folder = try TemporaryFolder()
      try SafetensorsFile.write(
        ["images": .float32(images), "labels": .int64(Tensor(shape: [2], labels))], metadata: metadata,
        to: folder.path + "/a.safetensors")
      return try TensorDataset(folder.path + "/a.safetensors").fingerprint()
    }
    let first = try print(Self.numbers([2, 1, 2, 2]))
    #expect(try print(Self.numbers([2, 1, 2, 2])) == first)
    let others = [
      try print(Self.numbers([2, 1, 2, 2], from: 1)), try print(Self.numbers([2, 1, 1, 4])),
      try print(Self.numbers([2, 1, 2, 2]), labels: [0, 2]),
      try print(Self.numbers([2, 1, 2, 2]), metadata: ["classes": "[\"a\"]"]),
    ]
    #expect(Set(others + [first]).count == others.count + 1)
  }
}
