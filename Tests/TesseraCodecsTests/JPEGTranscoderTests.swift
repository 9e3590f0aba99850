import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

@Suite("Rewriting progressive JPEGs as baseline") struct JPEGTranscoderTests {
  /// Progressive files of Pillow's with every marker that it writes: EXIF, ICC, comment, DPI.
  static let code = """
    files = []
    for width, height in [(1, 1), (8, 8), (17, 9), (131, 77), (200, 150)]:
      for mode in ['L', 'RGB', 'CMYK']:
        for subsampling in [0, 1, 2]:
          rng = np.random.default_rng(width * 7 + subsampling)
          channels = {'L': 1, 'RGB': 3, 'CMYK': 4}[mode]
          a = np.add.outer(np.arange(height) * 3, np.arange(width) * 2)[..., None] + np.arange(channels) * 40
          a = ((a + rng.integers(0, 30, a.shape)) % 256).astype(np.uint8)
          p = image(a, mode)
          exif = Image.Exif()
          exif[274] = 6
          f = io.BytesIO()
          p.save(f, 'JPEG', quality=85, progressive=True, subsampling=subsampling, exif=exif,
                 icc_profile=bytes(range(256)) * 300, comment=b'a comment', dpi=(300, 300))
          files.append(f.getvalue())
    """

  private func files() async throws -> [[UInt8]] {
    let reply = try await Oracle.pillow13.run(
      Self.code + "\nout = b''.join(struct.pack('<I', len(f)) + f for f in files)")
    var (files, rest) = ([[UInt8]](), reply.bytes[...])
    while rest.count > 4 {
      let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      files.append(Array(rest.dropFirst(4).prefix(count)))
      rest = rest.dropFirst(4 + count)
    }
    return files
  }

  @Test("keeps pixels and metadata, for Pillow and for us") func identity() async throws {
    let files = try await files()
    #expect(files.count == 45)
    for file in files {
      guard case .rewritten(let baseline) = try JPEGTranscoder().baseline(file) else {
        Issue.record("not rewritten")
        continue
      }
      #expect(try !ImageHeader(bytes: baseline).isProgressive && baseline != file)
      let same = try await Oracle.pillow13.run(
        """
        p, q = Image.open(io.BytesIO(a)), Image.open(io.BytesIO(b))
        out = [p.tobytes() == q.tobytes(), p.mode == q.mode, p.applist == q.applist,
               p.info['icc_profile'] == q.info['icc_profile'], p.info['dpi'] == q.info['dpi'],
               bool(p.info.get('progressive')), not q.info.get('progressive')]
        """, ["a": .bytes(file), "b": .bytes(baseline)]
      ).json([Bool].self)
      #expect(same == [true, true, true, true, true, true, true])
      // Once is enough.
      #expect(try JPEGTranscoder().baseline(baseline) == .alreadyBaseline)
      // The same bytes each time, and what stands behind the end marker is kept.
      #expect(try JPEGTranscoder().baseline(file) == .rewritten(baseline))
      #expect(try JPEGTranscoder().baseline(file + [1, 2, 3]) == .rewritten(baseline + [1, 2, 3]))
    }
  }

  @Test("leaves other files as they are") func others() throws {
    let image = Pictures.ramps(Size(width: 40, height: 30), .rgb, seed: 1)
    #expect(try JPEGTranscoder().baseline(PNGEncoder().encode(image)) == .notJPEG)
    #expect(try JPEGTranscoder().baseline(JPEGEncoder().encode(image)) == .alreadyBaseline)
    #expect(throws: TesseraError.self) { try JPEGTranscoder().baseline([1, 2, 3]) }
  }

  @Test("keeps what is cut or damaged, and whatever it rewrites has the same pixels") func damage() throws {
    let image = Pictures.ramps(Size(width: 90, height: 60), .rgb, seed: 3)
    let file = try JPEGEncoder(quality: 85, progressive: true).encode(image)
    for cut in stride(from: file.count - 1, to: file.count / 3, by: -97) {
      guard case .kept = try JPEGTranscoder().baseline(Array(file[..<cut])) else {
        Issue.record("a file cut at \(cut) of \(file.count) was not kept")
        continue
      }
    }
    var random = RandomStream(seed: 20_261_124)
    var counts = (rewritten: 0, kept: 0)
    for _ in 0..<1500 {
      let mutant = Mutation.apply(to: file, using: &random)
      let policy = DecodePolicy(limits: DecodeLimits(pixels: 1 << 18))
      let transcoder = JPEGTranscoder(limits: policy.limits)
      do {
        switch try transcoder.baseline(mutant) {
        case .rewritten(let baseline):
          counts.rewritten += 1
          let (a, b) = try (
            ImageDecoder().decode(mutant, DecodeRequest(policy: policy)),
            ImageDecoder().decode(baseline, DecodeRequest(policy: policy))
          )
          #expect(a == b)
        default: counts.kept += 1
        }
      } catch { #expect(error is TesseraError) }
    }
    #expect(counts.rewritten > 20 && counts.kept > 200, "\(counts)")
  }

  @Test("a file whose last scans are missing is smoothed by decoders, so it is kept") func missingScans()
    throws
  {
    let image = Pictures.ramps(Size(width: 96, height: 96), .rgb, seed: 8)
    let file = try JPEGEncoder(quality: 60, progressive: true).encode(image)
    // Cut before the third scan, and close the file.
    let scans = file.indices.dropLast().filter { file[$0] == 0xFF && file[$0 + 1] == 0xDA }
    let cut = Array(file[..<scans[1]]) + [0xFF, 0xD9]
    let outcome = try JPEGTranscoder().baseline(cut)
    #expect(outcome == .differs)
  }

  @Test("refuses more pixels or scans than allowed") func limits() throws {
    let image = Pictures.ramps(Size(width: 90, height: 60), .rgb, seed: 3)
    let file = try JPEGEncoder(progressive: true).encode(image)
    for limits in [DecodeLimits(pixels: 5399), DecodeLimits(scans: 3)] {
      guard case .kept(let error) = try JPEGTranscoder(limits: limits).baseline(file) else {
        Issue.record("not refused")
        continue
      }
      guard case .limitExceeded = error.reason else {
        Issue.record("\(error)")
        continue
      }
    }
  }

  @Test("gives any JPEG restart markers, from which windows of it are decoded") func restarts() async throws {
    var files = try await files()
    let picture = Pictures.ramps(Size(width: 203, height: 190), .rgb, seed: 2)
    for subsampling in JPEGEncoder.Subsampling.allCases {
      files.append(try JPEGEncoder(quality: 92, subsampling: subsampling).encode(picture))
    }
    var random = RandomStream(seed: 5)
    for file in files {
      for rows in [1, 3] {
        let transcoder = JPEGTranscoder(restartRows: rows)
        guard case .rewritten(let seekable) = try transcoder.baseline(file) else {
          Issue.record("not rewritten")
          continue
        }
        #expect(try transcoder.baseline(file) == .rewritten(seekable))
        let whole = try ImageDecoder().decode(file)
        for _ in 0..<25 {
          let (x, y) = (
            random.integer(in: 0...whole.width - 1), random.integer(in: 0...whole.height - 1)
          )
          let window = Rect(
            x: x, y: y, width: random.integer(in: 1...whole.width - x),
            height: random.integer(in: 1...whole.height - y))
          let request = DecodeRequest(region: window)
          #expect(try ImageDecoder().decode(seekable, request) == whole.cut(window), "\(whole), \(window)")
          // A damaged one is what its whole is; where the header is broken or tells another size, the window means nothing.
          let broken = Mutation.apply(to: seekable, using: &random)
          guard let header = try? ImageHeader(bytes: broken), header.orientedSize == whole.size else {
            continue
          }
          let damaged = Result { try ImageDecoder().decode(broken) }
          let part = Result { try ImageDecoder().decode(broken, request) }
          switch (damaged, part) {
          case (.success(let damaged), .success(let part)): #expect(part == damaged.cut(window))
          case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)")
          default: Issue.record("whole \(damaged), part \(part)")
          }
        }
      }
    }
  }
}
