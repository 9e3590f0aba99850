import Foundation
import TestSupport
import Tessera
import Testing

@Suite("npy files")
struct NpyTests {
  static let cases: [AnyTensor] = [
    .float32(Tensor(shape: [3, 4, 5], (0..<60).map { Float($0) / 7 })),
    .float32(Tensor(shape: [], [Float.pi])),
    .float32(Tensor(shape: [0, 3], [])),
    .uint8(Tensor(shape: [7], (0..<7).map { UInt8($0 * 30) })),
    .int64(Tensor(shape: [2, 1, 3], [-1, .max, .min, 0, 5, 9])),
    .float16(Tensor(shape: [2, 2], [0.5, -2, 65504, .infinity])),
  ]

  @Test("a file is numpy.save's, byte for byte", arguments: cases)
  func equalsNumPy(_ tensor: AnyTensor) async throws {
    let folder = try TemporaryFolder()
    try Npy.write(tensor, to: folder.path + "/a.npy")
    let written = [UInt8](try TemporaryFolder.contents(folder.path)["a.npy"] ?? .init())
    let elements = tensor.withUnsafeBytes { Array($0) }
    let shape = "[" + tensor.shape.map { String($0) }.joined(separator: ",") + "]"
    let reply = try await Oracle.pillow13.run(
      """
      import io
      b = io.BytesIO()
      np.save(b, np.frombuffer(raw, dtype=dtype).reshape(shape))
      out = b.getvalue()
      """,
      ["raw": .bytes(elements), "dtype": .string(tensor.dataType.rawValue), "shape": .json(shape)])
    #expect(written == reply.bytes)
  }

  @Test("what is written reads back", arguments: cases)
  func roundTrip(_ tensor: AnyTensor) throws {
    let folder = try TemporaryFolder()
    try Npy.write(tensor, to: folder.path + "/a.npy")
    #expect(try Npy.read(folder.path + "/a.npy") == tensor)
  }

  @Test("bfloat16 is written as raw elements of two bytes, and reads back")
  func bfloat16() throws {
    let tensor = AnyTensor.bfloat16(Tensor(shape: [2], [BFloat16(1), BFloat16(-0.5)]))
    let folder = try TemporaryFolder()
    try Npy.write(tensor, to: folder.path + "/a.npy")
    #expect(try Npy.read(folder.path + "/a.npy") == tensor)
  }

  @Test("every cut of a file is an error that says so")
  func truncated() throws {
    let tensor = AnyTensor.uint8(Tensor(shape: [5], [1, 2, 3, 4, 5]))
    let bytes = Npy.header(shape: [5], dataType: .uint8) + tensor.withUnsafeBytes { Array($0) }
    for length in 0..<bytes.count {
      #expect(throws: TesseraError.self) { try Npy.decode(Array(bytes[..<length])) }
    }
  }

  @Test(
    "a header that is not ours is an error",
    arguments: [
      ("False", "True "), ("|u1", ">f8"), ("(5,)", "(-5)"), ("'shape'", "'shapf'"), ("(5,)", "(x,)"),
    ])
  func wrongHeader(_ edit: (String, String)) throws {
    let bytes = Npy.header(shape: [5], dataType: .uint8) + [1, 2, 3, 4, 5]
    let text = String(decoding: bytes[10...], as: UTF8.self).replacing(edit.0, with: edit.1)
    #expect(throws: TesseraError.self) { try Npy.decode(Array(bytes[..<10]) + Array(text.utf8)) }
  }
}
