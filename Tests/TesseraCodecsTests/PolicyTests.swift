import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

@Suite("Decode policies") struct PolicyTests {
  /// Runs Python that sees `codec_files`' names and a file made by `make`.
  private func oracle(_ make: String, _ show: String) async throws -> (file: [UInt8], picture: Image) {
    let head = "from codec_files import *\n"
    let file = try await Oracle.pillow13.run("\(head)out = \(make)").bytes
    let shown = try await Oracle.pillow13.run(
      "\(head)im = Image.open(io.BytesIO(f))\nout = \(show)", ["f": .bytes(file)])
    return (file, try shown.image)
  }

  private func decode(_ file: [UInt8], _ policy: DecodePolicy) throws -> Image {
    try ImageDecoder().decode(file, DecodeRequest(policy: policy))
  }

  @Test("keep alpha as Pillow's convert to RGBA has it") func keepAlpha() async throws {
    let kinds = [
      "save(picture(33, 17, 'RGBA'), 'PNG')", "save(picture(33, 17, 'RGBA'), 'WEBP')",
      "png(33, 17, 8, 3, 1, True)",
      "png(33, 17, 2, 3, 0, True)", "png(64, 64, 8, 0, 0, True)", "png(64, 64, 1, 0, 0, True)",
      "png(33, 17, 8, 4)", "png(33, 17, 16, 4)", "png(33, 17, 16, 6)", "png(90, 90, 8, 2, 0, True)",
      "bmp(33, 17, 32, 3, 56, masks=MASKS_32[5])",
    ]
    for kind in kinds {
      let (file, expected) = try await oracle(kind, "im.convert('RGBA')")
      #expect(try decode(file, DecodePolicy(sixteenBit: .clip, alpha: .keep)) == expected, "\(kind)")
    }
  }

  @Test("scale the transparent colour of gray below 8 bits, which Pillow forgets") func grayKey() async throws
  {
    let file = try await Oracle.pillow13.run("from codec_files import *\nout = png(40, 40, 2, 0, 0, True)")
      .bytes
    let gray = try decode(file, DecodePolicy(output: .asStored))
    let alpha = try decode(file, DecodePolicy(alpha: .keep, output: .asStored))
    #expect(alpha.format == .grayAlpha)
    let clear = Set((0..<1600).compactMap { alpha[$0 % 40, $0 / 40, 1] == 0 ? gray[$0 % 40, $0 / 40] : nil })
    #expect(clear.count == 1 && [0, 85, 170, 255].contains(clear.first!))
  }

  @Test("lay transparent pictures over a colour as Pillow's paste does") func composite() async throws {
    let colour = RGBColor(red: 255, green: 10, blue: 30)
    let show =
      "(b := Image.new('RGB', im.size, (255, 10, 30)), (r := im.convert('RGBA')), b.paste(r, mask=r.split()[3]))[0]"
    for kind in [
      "save(picture(33, 17, 'RGBA'), 'PNG')", "png(33, 17, 8, 3, 0, True)", "png(33, 17, 8, 4, 1)",
    ] {
      let (file, expected) = try await oracle(kind, show)
      #expect(try decode(file, DecodePolicy(alpha: .composite(colour))) == expected, "\(kind)")
    }
  }

  @Test("keep 16 bits of gray, scale them by formula, or clip them as Pillow") func sixteenBits() async throws
  {
    for kind in ["png(33, 17, 16, 0)", "png(33, 17, 16, 0, 1)"] {
      let (file, stored) = try await oracle(kind, "im")
      #expect(try decode(file, DecodePolicy(sixteenBit: .keep)) == stored)
      let scaled = try decode(file, DecodePolicy(sixteenBit: .scale, output: .asStored))
      let clipped = try decode(file, DecodePolicy(sixteenBit: .clip, output: .asStored))
      for y in 0..<17 {
        for x in 0..<33 {
          #expect(scaled[x, y] == (stored[x, y] * 255 + 32767) / 65535)
          #expect(clipped[x, y] == min(stored[x, y], 255))
        }
      }
    }
    let (pgm, stored) = try await oracle(
      "b'P5 20 10 65535\\n' + photo(20, 10, 2).tobytes()", "Image.fromarray(np.array(im).astype(np.uint16))")
    #expect(try decode(pgm, DecodePolicy(sixteenBit: .keep)) == stored)
    // Colour has no 16-bit format: it is scaled.
    let (rgb, high) = try await oracle("png(33, 17, 16, 2)", "im")
    let scaled = try decode(rgb, DecodePolicy(sixteenBit: .keep))
    #expect(scaled.format == .rgb && Pictures.distance(scaled, high).largest <= 1)
    #expect(try decode(rgb, .pillow) == high)
  }

  @Test("give pictures in the format that is stored") func asStored() async throws {
    let kinds = [
      ("png(33, 17, 8, 0)", "im"), ("png(33, 17, 1, 0)", "im.convert('L')"), ("png(33, 17, 4, 0)", "im"),
      ("png(33, 17, 8, 2)", "im"), ("png(33, 17, 8, 3)", "im.convert('RGB')"),
      ("png(33, 17, 8, 4)", "im.convert('L')"),
      ("save(picture(33, 17, 'L'), 'JPEG')", "im"),
      ("save(picture(33, 17, 'CMYK'), 'JPEG')", "im.convert('RGB')"),
      ("save(picture(33, 17, 'RGBA'), 'WEBP')", "im.convert('RGB')"),
      ("bmp(33, 17, 8, table=palette(256, gray=True))", "im"),
    ]
    for (kind, show) in kinds {
      let (file, expected) = try await oracle(kind, show)
      #expect(try decode(file, DecodePolicy(output: .asStored)) == expected, "\(kind)")
    }
  }

  @Test("apply or ignore the orientation") func orientation() async throws {
    let (file, stored) = try await oracle("save(picture(40, 30, 'RGB'), 'JPEG', exif=exif(6))", "im")
    #expect(try decode(file, .pillow) == stored)
    #expect(try decode(file, .tessera) == stored.oriented(.rotatedRight))
    let header = try ImageHeader(bytes: file)
    #expect(ImageDecoder().info(for: header).size == Size(width: 30, height: 40))
    #expect(ImageDecoder().info(for: header, policy: .pillow).size == Size(width: 40, height: 30))
  }

  @Test("decode a region as the whole picture's window") func region() async throws {
    let (file, _) = try await oracle("save(picture(40, 30, 'RGB'), 'JPEG', exif=exif(6))", "im")
    let whole = try ImageDecoder().decode(file)
    let window = Rect(x: 3, y: 5, width: 20, height: 11)
    let part = try ImageDecoder().decode(file, DecodeRequest(region: window))
    #expect(part.size == window.size)
    for y in 0..<11 {
      for x in 0..<20 {
        for c in 0..<3 { #expect(part[x, y, c] == whole[x + 3, y + 5, c]) }
      }
    }
    #expect(throws: TesseraError.self) {
      try ImageDecoder().decode(file, DecodeRequest(region: Rect(x: 11, y: 0, width: 20, height: 1)))
    }
  }

  @Test("refuse CMYK where told to, and profiles that do not fit") func refusals() async throws {
    let (cmyk, _) = try await oracle("save(picture(40, 30, 'CMYK'), 'JPEG')", "im.convert('RGB')")
    let error = #expect(throws: TesseraError.self) { try decode(cmyk, DecodePolicy(cmyk: .reject)) }
    #expect(error?.stage == .header)
    for bad in ["profile_cmyk()", "b'no profile'"] {
      let (file, stored) = try await oracle("save(picture(40, 30, 'RGB'), 'JPEG', icc_profile=\(bad))", "im")
      #expect(try decode(file, .pillow) == stored)
      #expect(throws: TesseraError.self) { try decode(file, DecodePolicy(icc: .convertToSRGB)) }
    }
  }

  @Test("fill what is missing as Pillow does, and only when told to") func fill() async throws {
    let file = try await Oracle.pillow13.run(
      "from codec_files import *\nout = good_files()['PNG Adam7'][:1500]"
    ).bytes
    #expect(throws: TesseraError.self) { try decode(file, .pillow) }
    let filled = try decode(file, DecodePolicy(truncated: .fillGray))
    #expect(filled.size == Size(width: 40, height: 30))
    #expect(filled.bytes.contains { $0 != 0 } && filled.bytes.contains(0))
  }

  @Test("are values that survive JSON") func codable() throws {
    for policy in [
      DecodePolicy.tessera, .pillow,
      DecodePolicy(alpha: .composite(.white), icc: .convertToSRGB, truncated: .fillGray),
    ] {
      #expect(try Snapshot.roundTrip(policy) == policy)
    }
    #expect(DecodePolicy.tessera == DecodePolicy() && DecodePolicy.pillow != .tessera)
  }
}
