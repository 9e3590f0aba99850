import Foundation
import TestSupport
import Tessera
import Testing

@Suite("safetensors files")
struct SafetensorsTests {
  static let tensors: [String: AnyTensor] = [
    "images": .float32(Tensor(shape: [2, 1, 2, 3], (0..<12).map { Float($0) * 0.25 })),
    "labels": .int64(Tensor(shape: [2], [3, -1])),
    "raw": .uint8(Tensor(shape: [3], [1, 2, 255])),
    "half": .bfloat16(Tensor(shape: [1], [BFloat16(2.5)])),
  ]

  private func file(_ folder: TemporaryFolder) throws -> String {
    let path = folder.path + "/a.safetensors"
    try SafetensorsFile.write(Self.tensors, metadata: ["classes": "[\"é\",\"a\\\"b\"]"], to: path)
    return path
  }

  @Test("tensors and metadata read back")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let file = try SafetensorsFile(try file(folder))
    #expect(Set(file.names) == Set(Self.tensors.keys))
    for (name, tensor) in Self.tensors { #expect(try file.tensor(name) == tensor) }
    #expect(file.metadata == ["classes": "[\"é\",\"a\\\"b\"]"])
    #expect(throws: TesseraError.self) { try file.tensor("nothing") }
  }

  @Test("Python finds the elements where the format's description says")
  func readByPython() async throws {
    let folder = try TemporaryFolder()
    let path = try file(folder)
    let expected = #"""
      [0, true, "[\"é\",\"a\\\"b\"]", [[[[0, 0.25, 0.5], [0.75, 1, 1.25]]], [[[1.5, 1.75, 2], [2.25, 2.5, 2.75]]]],
       [3, -1], [1, 2, 255], "BF16"]
      """#
    let reply = try await Oracle.pillow13.run(
      """
      import json, struct
      data = open(path, 'rb').read()
      n, = struct.unpack('<Q', data[:8])
      head = json.loads(data[8:8 + n])
      def read(name, dtype):
          a, b = head[name]['data_offsets']
          return np.frombuffer(data[8 + n + a:8 + n + b], dtype).reshape(head[name]['shape'])
      ends = sorted(tuple(v['data_offsets']) for k, v in head.items() if k != '__metadata__')
      gapless = ends[0][0] == 0 and all(x[1] == y[0] for x, y in zip(ends, ends[1:])) \\
          and 8 + n + ends[-1][1] == len(data)
      got = [n % 8, gapless, head['__metadata__']['classes'], read('images', '<f4').tolist(),
             read('labels', '<i8').tolist(), read('raw', 'u1').tolist(), head['half']['dtype']]
      out = got == expected
      """, ["path": .string(path), "expected": .json(expected)])
    #expect(try reply.json(Bool.self))
  }

  @Test("every cut of a file is an error that says so")
  func truncated() throws {
    let folder = try TemporaryFolder()
    _ = try file(folder)
    let bytes = [UInt8](try #require(try TemporaryFolder.contents(folder.path)["a.safetensors"]))
    for length in stride(from: 0, to: bytes.count, by: 5) {
      try folder.write(Array(bytes[..<length]), "cut.safetensors")
      #expect(throws: TesseraError.self) { _ = try SafetensorsFile(folder.path + "/cut.safetensors") }
    }
  }

  @Test(
    "a header that lies is an error",
    arguments: [
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      #"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[9223372036854775807,9],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
      #"{"a":3}"#, "not JSON", #"{"a":{"dtype":"U8","shape":[4000],"data_offsets":[0,4000]}}"#,
    ])
  func lies(_ json: String) throws {
    let folder = try TemporaryFolder()
    let length = UInt64(json.utf8.count)
    let head = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    try folder.write(head + Array(json.utf8) + Array(repeating: 0, count: 16), "a.safetensors")
    #expect(throws: TesseraError.self) { _ = try SafetensorsFile(folder.path + "/a.safetensors") }
  }

  @Test("a header of 2^60 bytes is refused before anything is allocated")
  func hugeHeader() throws {
    let folder = try TemporaryFolder()
    try folder.write([0, 0, 0, 0, 0, 0, 0, 16] + Array("{}".utf8), "a.safetensors")
    #expect(throws: TesseraError.self) { _ = try SafetensorsFile(folder.path + "/a.safetensors") }
  }
}
