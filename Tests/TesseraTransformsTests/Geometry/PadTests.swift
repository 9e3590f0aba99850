import TestSupport
import Tessera
import Testing

@Suite struct PadTests {
  @Test("padding is Pillow's and numpy's to the byte, negative numbers included")
  func matchesOracle() async throws {
    var random = RandomStream(seed: 71)
    for round in 0..<120 {
      let format = PixelFormat.allCases[round % 5]
      let size = Size(width: random.integer(in: 1...24), height: random.integer(in: 1...24))
      let image = Pictures.noise(size, format, seed: UInt64(round))
      let sides = (0..<4).map { _ in random.integer(in: -2...30) }
      let padding = EdgeInsets(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])
      let mode = PaddingMode.allCases[round / 5 % 4]
      let kept = (
        size.width + min(padding.left, 0) + min(padding.right, 0),
        size.height + min(padding.top, 0) + min(padding.bottom, 0)
      )
      guard kept.0 > 0, kept.1 > 0 else { continue }
      let fill = (0..<format.channels).map { _ in random.integer(in: 0...255) }
      let ours = try Pad(padding, fill: Fill(fill), paddingMode: mode).apply(to: image)
      let reply = try await Oracle.pillow13.run(
        """
        pic = image(a)
        if mode == 'constant':
            out = ImageOps.expand(pic, (l, t, r, b), tuple(fill) if len(fill) > 1 else fill[0])
        else:
            pic = pic.crop((max(0, -l), max(0, -t), pic.width - max(0, -r), pic.height - max(0, -b)))
            x = np.asarray(pic)
            sides = [(max(0, t), max(0, b)), (max(0, l), max(0, r)), (0, 0)][:x.ndim]
            out = image(np.pad(x, sides, mode))
        """,
        [
          "a": .image(image), "l": .int(padding.left), "t": .int(padding.top), "r": .int(padding.right),
          "b": .int(padding.bottom), "mode": .string(mode.rawValue), "fill": .json("\(fill)"),
        ])
      #expect(try reply.image == ours, "\(padding) \(mode) \(format) \(size)")
    }
  }

  @Test("padding and cutting it off again changes nothing", arguments: PaddingMode.allCases)
  func roundTrip(mode: PaddingMode) throws {
    let image = Pictures.noise(Size(width: 13, height: 7), .rgba, seed: 5)
    let padded = try Pad(EdgeInsets(left: 1, top: 20, right: 3, bottom: 4), paddingMode: mode).apply(
      to: image)
    let back = try Pad(EdgeInsets(left: -1, top: -20, right: -3, bottom: -4)).apply(to: padded)
    #expect(back == image)
  }

  @Test("taking all of a picture away is an error, not a crash")
  func nothingLeft() {
    let image = Pictures.noise(Size(4), .rgb, seed: 1)
    #expect(throws: TesseraError.self) {
      try Pad(EdgeInsets(left: -4, top: 0, right: 0, bottom: 0)).apply(to: image)
    }
    #expect(throws: TesseraError.self) {
      try Pad(EdgeInsets(left: -4, top: 0, right: 2, bottom: 0), paddingMode: .edge).apply(to: image)
    }
    #expect(throws: TesseraError.self) { try Pad(EdgeInsets(1), fill: Fill([1, 2])).apply(to: image) }
  }
}
