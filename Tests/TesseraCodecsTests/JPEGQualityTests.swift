import Foundation
import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

@Suite("JPEG quality")
struct JPEGQualityTests {
  @Test("the header tells the quality that Pillow was asked for, 1 to 100, progressive or not")
  func pillow() async throws {
    let folder = try TemporaryFolder()
    let reply = try await Oracle.pillow13.run(
      """
      out = []
      for q in range(1, 101):
          p = Image.new('RGB' if q % 3 else 'L', (16, 16), 99)
          name = f'{folder}/{q}.jpg'
          p.save(name, quality=q, progressive=q % 2 == 0)
          out.append(name)
      """, ["folder": .string(folder.path)])
    for (index, path) in try reply.json([String].self).enumerated() {
      #expect(try ImageHeader(path: path).jpegQuality == index + 1)
    }
  }

  @Test("tables of other makers have no quality, and other formats neither")
  func others() async throws {
    let reply = try await Oracle.pillow13.run(
      """
      b = io.BytesIO()
      Image.new('RGB', (16, 16), 99).save(b, 'JPEG', qtables=[[2 + i // 3 for i in range(64)]])
      out = b.getvalue()
      """)
    #expect(try ImageHeader(bytes: reply.bytes).jpegQuality == nil)
    let png = try PNGEncoder().encode(Pictures.noise(Size(3), .rgb, seed: 1))
    #expect(try ImageHeader(bytes: png).jpegQuality == nil)
  }
}
