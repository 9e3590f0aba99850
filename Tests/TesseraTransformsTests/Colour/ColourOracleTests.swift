import TestSupport
import Tessera
import Testing

/// Colour operations against the live Pillow.
@Suite struct ColourOracleTests {
  struct Claim: Sendable, CustomTestStringConvertible {
    let operation: any ImageOperation
    let python: String
    var formats: [PixelFormat] = [.gray, .rgb]
    var testDescription: String { python }
  }

  static let all: [PixelFormat] = [.gray, .grayAlpha, .rgb, .rgba]

  static let claims: [Claim] = {
    var claims: [Claim] = []
    for factor in [0, 0.1, 0.37, 1, 1.0001, 1.63, 4.7, 100] {
      claims += [
        Claim(
          operation: AdjustBrightness(factor: factor),
          python: "ImageEnhance.Brightness(i).enhance(\(factor))",
          formats: all),
        Claim(
          operation: AdjustContrast(factor: factor), python: "ImageEnhance.Contrast(i).enhance(\(factor))",
          formats: all),
        Claim(
          operation: AdjustSaturation(factor: factor), python: "ImageEnhance.Color(i).enhance(\(factor))",
          formats: all),
        Claim(
          operation: AdjustSharpness(factor: factor), python: "ImageEnhance.Sharpness(i).enhance(\(factor))",
          formats: all),
      ]
    }
    for bits in 1...8 {
      claims.append(Claim(operation: Posterize(bits: bits), python: "ImageOps.posterize(i, \(bits))"))
    }
    for threshold in [-3, 0, 0.5, 100, 127.5, 255, 256, 300] {
      claims.append(
        Claim(operation: Solarize(threshold: threshold), python: "ImageOps.solarize(i, \(threshold))"))
    }
    claims += [
      Claim(operation: Invert(), python: "ImageOps.invert(i)"),
      Claim(operation: Autocontrast(), python: "ImageOps.autocontrast(i)"),
      Claim(operation: Equalize(), python: "ImageOps.equalize(i)"),
      Claim(operation: ConvertToRGB(), python: "i.convert('RGB')", formats: all + [.gray16]),
      Claim(operation: Grayscale(), python: "i.convert('L')", formats: all + [.gray16]),
      Claim(
        operation: Grayscale(outputChannels: 3), python: "i.convert('L').convert('RGB')",
        formats: all + [.gray16]),
      Claim(
        operation: ConvertToRGB(background: Fill([10, 200, 90])),
        python: """
          a = i.convert('RGBA'); b = Image.new('RGB', i.size, (10, 200, 90)); \
          b.paste(a.convert('RGB'), mask=a.getchannel('A')); i = b
          """, formats: [.grayAlpha, .rgba]),
    ]
    return claims
  }()

  @Test("is Pillow's to the bit", arguments: claims)
  func isPillows(claim: Claim) async throws {
    // Statements end in `i = …`; expressions stand alone.
    let code = claim.python.contains("i = b") ? claim.python + "\nout = i" : "out = " + claim.python
    for format in claim.formats {
      for (index, size) in [(1, 1), (2, 5), (5, 2), (3, 3), (67, 41), (128, 96)].enumerated() {
        let size = Size(width: size.0, height: size.1)
        for picture in [
          Pictures.noise(size, format, seed: UInt64(index)),
          Pictures.ramps(size, format, seed: UInt64(index)),
          Self.narrow(size, format, seed: UInt64(index)),
        ] {
          let reply = try await Oracle.pillow13.run("i = image(a)\n" + code, ["a": .image(picture)])
          let ours = try claim.operation.apply(to: picture)
          let theirs = try reply.image
          #expect(ours == theirs, "\(format) \(size) \(Pictures.distance(ours, theirs))")
          #expect(
            try claim.operation.output(for: PictureInfo(size: size, format: format)).format == ours.format)
        }
      }
    }
  }

  /// Few levels in a narrow band: what autocontrast and equalize look at.
  static func narrow(_ size: Size, _ format: PixelFormat, seed: UInt64) -> Image {
    let image = Pictures.noise(size, format, seed: seed + 77)
    return Image(size: size, format: format, bytes: image.bytes.map { 90 + $0 % 23 })
  }

  @Test("hue is Pillow's HSV for all 16 million colours", arguments: [-0.5, -0.113, 0, 0.004, 0.3])
  func hueOfAllColours(shift: Double) async throws {
    let side = 4096
    let colours = Image(size: Size(side), format: .rgb) { bytes in
      for i in 0..<side * side {
        (bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]) = (
          UInt8(truncatingIfNeeded: i >> 16), UInt8(truncatingIfNeeded: i >> 8), UInt8(truncatingIfNeeded: i)
        )
      }
    }
    // The colours are made on both sides; only a digest of bands comes back.
    let code = """
      n = np.arange(1 << 24, dtype=np.uint32)
      a = np.stack([n >> 16, n >> 8 & 255, n & 255], -1).astype(np.uint8).reshape(4096, 4096, 3)
      h, s, v = Image.fromarray(a).convert('HSV').split()
      h = Image.fromarray(np.array(h) + np.int32(shift * 255).astype(np.uint8))
      out = Image.merge('HSV', (h, s, v)).convert('RGB')
      """
    let reply = try await Oracle.pillow13.run(code, ["shift": .double(shift)])
    #expect(try AdjustHue(shift: shift).apply(to: colours) == reply.image)
  }

  @Test(
    "hue keeps gray and makes alpha opaque, as torchvision's does",
    arguments: [PixelFormat.gray, .grayAlpha, .rgba])
  func hueOfOtherModes(format: PixelFormat) async throws {
    let picture = Pictures.noise(Size(width: 61, height: 30), format, seed: 5)
    let code = """
      i = image(a)
      if i.mode == 'L':
          out = i
      else:
          h, s, v = i.convert('HSV').split()
          h = Image.fromarray(np.array(h) + np.int32(0.2 * 255).astype(np.uint8))
          out = Image.merge('HSV', (h, s, v)).convert(i.mode)
      """
    let reply = try await Oracle.pillow13.run(code, ["a": .image(picture)])
    #expect(try AdjustHue(shift: 0.2).apply(to: picture) == reply.image)
  }

  @Test("the generations of Pillow agree on colour", arguments: [PillowGeneration.pillow11, .pillow12_3])
  func generationsAgree(generation: PillowGeneration) async throws {
    let picture = Pictures.ramps(Size(width: 90, height: 70), .rgb, seed: 3)
    for claim in Self.claims where claim.formats.contains(.rgb) && !claim.python.contains("i = b") {
      let reply = try await Oracle.of(generation).run(
        "i = image(a)\nout = " + claim.python, ["a": .image(picture)])
      #expect(try claim.operation.apply(to: picture) == reply.image, "\(claim.python)")
    }
  }

  @Test("no bits are black, as before Pillow 13")
  func posterizeToNothing() async throws {
    let picture = Pictures.noise(Size(9), .rgb, seed: 2)
    let reply = try await Oracle.pillow11.run("out = ImageOps.posterize(image(a), 0)", ["a": .image(picture)])
    #expect(try Posterize(bits: 0).apply(to: picture) == reply.image)
  }

  @Test("what ImageOps refuses is refused with the way out")
  func refusals() async throws {
    let operations: [any ImageOperation] = [
      Invert(), Posterize(bits: 3), Solarize(threshold: 9), Autocontrast(), Equalize(),
    ]
    for operation in operations {
      for format in [PixelFormat.rgba, .grayAlpha, .gray16] {
        let picture = Pictures.noise(Size(4), format, seed: 1)
        #expect {
          try operation.apply(to: picture)
        } throws: { error in
          "\(error)".contains("convert_rgb")
        }
        #expect(throws: TesseraError.self) {
          try operation.output(for: PictureInfo(size: Size(4), format: format))
        }
      }
    }
    for operation in [AdjustBrightness(factor: 1), AdjustContrast(factor: 1), AdjustHue(shift: 0)]
      as [any ImageOperation]
    {
      #expect(throws: TesseraError.self) {
        try operation.output(for: PictureInfo(size: Size(4), format: .gray16))
      }
    }
  }
}
