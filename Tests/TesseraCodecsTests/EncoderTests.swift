import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

@Suite("Encoders") struct EncoderTests {
  static let sizes = [Size(1), Size(width: 17, height: 9), Size(width: 131, height: 77)]

  @Test("of PNG lose nothing, for Pillow and for us", arguments: PixelFormat.allCases)
  func png(_ format: PixelFormat) async throws {
    for size in Self.sizes {
      for level in [0, 1, 6, 9] {
        let image = Pictures.ramps(size, format, seed: 5)
        let bytes = try PNGEncoder(compressionLevel: level).encode(image)
        let policy = DecodePolicy(sixteenBit: .keep, alpha: .keep, output: .asStored)
        #expect(try ImageDecoder().decode(bytes, DecodeRequest(policy: policy)) == image)
        let reply = try await Oracle.pillow13.run("out = Image.open(io.BytesIO(f))", ["f": .bytes(bytes)])
        #expect(try reply.image == image)
      }
    }
  }

  @Test("of PNG compress more at higher levels") func levels() throws {
    let image = Pictures.ramps(Size(200), .rgb, seed: 2)
    let counts = try [0, 1, 9].map { try PNGEncoder(compressionLevel: $0).encode(image).count }
    #expect(counts[0] > counts[1] && counts[1] > counts[2])
  }

  @Test("of JPEG give the pixels of Pillow's save", arguments: JPEGEncoder.Subsampling.allCases)
  func jpeg(_ subsampling: JPEGEncoder.Subsampling) async throws {
    for size in Self.sizes {
      for (quality, progressive, optimize) in [
        (1, false, false), (30, true, false), (75, false, true), (100, false, false),
      ] {
        for format in [PixelFormat.gray, .rgb] {
          let image = Pictures.ramps(size, format, seed: 9)
          let ours = try JPEGEncoder(
            quality: quality, subsampling: subsampling, progressive: progressive, optimize: optimize
          ).encode(image)
          let reply = try await Oracle.pillow13.run(
            """
            out = io.BytesIO()
            image(a).save(out, 'JPEG', quality=q, subsampling=s, progressive=p, optimize=o)
            out = out.getvalue()
            """,
            [
              "a": .image(image), "q": .int(quality), "s": .string(subsampling.rawValue),
              "p": .bool(progressive),
              "o": .bool(optimize),
            ])
          // libjpeg-turbo 2.1 and 3 agree to the bit here.
          let policy = DecodePolicy(output: .asStored)
          #expect(
            try ImageDecoder().decode(ours, DecodeRequest(policy: policy))
              == ImageDecoder().decode(reply.bytes, DecodeRequest(policy: policy)),
            "\(size) \(format) \(quality)")
          let header = try ImageHeader(bytes: ours)
          #expect(header.isProgressive == progressive)
          #expect(header.subsampling == (format == .gray ? nil : subsampling.rawValue))
        }
      }
    }
  }

  @Test("of JPEG use Pillow's defaults") func defaults() async throws {
    let image = Pictures.ramps(Size(width: 60, height: 40), .rgb, seed: 1)
    let reply = try await Oracle.pillow13.run(
      "out = io.BytesIO()\nimage(a).save(out, 'JPEG')\nout = out.getvalue()", ["a": .image(image)])
    #expect(try ImageDecoder().decode(JPEGEncoder().encode(image)) == ImageDecoder().decode(reply.bytes))
  }

  @Test("refuse what their format cannot hold") func refusals() {
    for format in [PixelFormat.grayAlpha, .rgba, .gray16] {
      let error = #expect(throws: TesseraError.self) {
        try JPEGEncoder().encode(Image(size: Size(4), format: format))
      }
      #expect(error?.stage == .encode)
    }
    let empty = Image(size: Size(width: 0, height: 3), format: .rgb)
    #expect(throws: TesseraError.self) { try JPEGEncoder().encode(empty) }
    #expect(throws: TesseraError.self) { try PNGEncoder().encode(empty) }
    let long = Image(size: Size(width: 65_501, height: 1), format: .gray)
    #expect(throws: TesseraError.self) { try JPEGEncoder().encode(long) }
  }
}
