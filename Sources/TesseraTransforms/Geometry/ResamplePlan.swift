private import CKernels
package import TesseraCore

/// The coefficient tables of one filtered resize: immutable, so that threads may share it.
// @unchecked: the C plan is written only while it is made.
package final class ResamplePlan: @unchecked Sendable {
  /// The sets of loops; all give the same bytes.
  package enum Loops: Sendable, CaseIterable {
    /// The fastest of this machine.
    case best
    /// The specification.
    case scalar
    /// Plain C for the compiler's vectoriser.
    case portable
    /// x86-64 with AVX2.
    case avx2
    /// x86-64 with AVX-512 F, BW, VL, VBMI and VNNI.
    case avx512
    /// arm64.
    case neon

    /// Those that may run: this machine has them, and the ceiling (`SIMDLevel`) allows them.
    package static var available: [Loops] { allCases.filter { tk_loops_available($0.kernelNumber) != 0 } }

    fileprivate var kernelNumber: Int32 {
      switch self {
      case .best: Int32(TK_LOOPS_BEST)
      case .scalar: Int32(TK_LOOPS_SCALAR)
      case .portable: Int32(TK_LOOPS_PORTABLE)
      case .avx2: Int32(TK_LOOPS_AVX2)
      case .avx512: Int32(TK_LOOPS_AVX512)
      case .neon: Int32(TK_LOOPS_NEON)
      }
    }
  }

  private let plan: OpaquePointer
  /// Bytes of a row of the target.
  private let rowBytes: Int

  /// Makes the tables for pictures of one size.
  ///
  /// - Parameters:
  ///   - box: the part to scale, inside of the picture.
  ///   - kept: the part of the resized picture to make, as a crop behind the resize would; nil for all of it.
  ///   - isMirrored: whether the picture is flipped left to right before its resize: `box` and `kept` are parts of the
  ///     flipped ones. The source is read as it is, and what comes out is to be flipped yet. Not for 16 bits.
  ///   - loops: which loops to run; all give the same bytes (for tests).
  /// - Throws: `outOfMemory`.
  package init(
    _ request: Resampler.Request, source: Size, format: PixelFormat, box: Box, kept: Rect? = nil,
    isMirrored: Bool = false, loops: Loops = .best
  ) throws {
    let whole = Rect(x: 0, y: 0, width: request.size.width, height: request.size.height)
    let kept = kept ?? whole
    precondition(
      whole.contains(kept) && kept.width > 0 && kept.height > 0, "part \(kept) of a resize to \(request.size)"
    )
    var c = tk_resample_request()
    c.filter = request.filter.kernelNumber
    (c.in_width, c.in_height) = (Int32(source.width), Int32(source.height))
    c.box = (Float(box.left), Float(box.top), Float(box.right), Float(box.bottom))
    (c.out_width, c.out_height) = (Int32(request.size.width), Int32(request.size.height))
    c.kept = (Int32(kept.x), Int32(kept.y), Int32(kept.right), Int32(kept.bottom))
    (c.channels, c.bytes_per_channel) = (Int32(format.channels), Int32(format.bytesPerChannel))
    c.vertical_first = request.generation.isVerticalFirst(from: source, to: request.size) ? 1 : 0
    c.clip_bytes = request.generation == .pillow11 ? 1 : 0
    precondition(!isMirrored || format.bytesPerChannel == 1, "a mirrored resize of \(format)")
    c.mirrored = isMirrored ? 1 : 0
    c.loops = loops.kernelNumber
    guard let plan = tk_resample_plan_new(&c) else {
      throw TesseraError(.outOfMemory(bytes: (request.size.width + request.size.height) * 64))
    }
    self.plan = plan
    self.rowBytes = kept.width * format.bytesPerPixel
  }

  deinit { tk_resample_plan_free(plan) }

  /// The loops of the horizontal and the vertical pass; nil for a pass that is left out.
  package var loops: (horizontal: Loops?, vertical: Loops?) {
    var numbers: [Int32] = [0, 0]
    tk_resample_loops(plan, &numbers)
    func named(_ number: Int32) -> Loops? {
      number == 0 ? nil : Loops.allCases.first { $0.kernelNumber == number }
    }
    return (named(numbers[0]), named(numbers[1]))
  }

  /// The source pixels that a run reads.
  package var window: Rect {
    var edges: [Int32] = [0, 0, 0, 0]
    tk_resample_window(plan, &edges)
    return Rect(
      x: Int(edges[0]), y: Int(edges[1]), width: Int(edges[2] - edges[0]), height: Int(edges[3] - edges[1]))
  }

  /// Resamples `source`, of the size that the plan was made for, into rows side by side of the kept part.
  ///
  /// Only the window of `source` is read: what lies outside of it need not exist.
  package func run(source: PictureRegion, target: UnsafeMutableRawPointer) {
    Scratch.withBytes(tk_resample_scratch_bytes(plan)) { scratch in
      tk_resample_run(
        plan, source.bytes, source.stride, target.assumingMemoryBound(to: UInt8.self), rowBytes,
        scratch.baseAddress!.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Resamples rows that come one strip after another, as a decoder hands them over: `push` takes where the rows begin,
  /// the bytes from one to the next, and how many they are.
  ///
  /// They are the rows of the window, in order, pixel 0 the window's first column; strips of any heights give the bytes
  /// of `run`. Nil for the rows begins again: what was pushed before does not count. Once the last row was pushed, all
  /// of the target is written.
  ///
  /// - Throws: `outOfMemory`; what `body` throws.
  package func withStream<Result>(
    into target: UnsafeMutableRawPointer,
    _ body: (_ push: (UnsafeRawPointer?, Int, Int) -> Void) throws -> Result
  ) throws -> Result {
    try Scratch.withBytes(tk_resample_stream_scratch_bytes(plan)) { scratch in
      guard
        let stream = tk_resample_stream_new(
          plan, target.assumingMemoryBound(to: UInt8.self), rowBytes,
          scratch.baseAddress!.assumingMemoryBound(to: UInt8.self))
      else { throw TesseraError(.outOfMemory(bytes: scratch.count)) }
      defer { tk_resample_stream_free(stream) }
      return try body { rows, stride, count in
        guard let rows else { return tk_resample_stream_restart(stream) }
        tk_resample_stream_push(stream, rows.assumingMemoryBound(to: UInt8.self), stride, Int32(count))
      }
    }
  }
}

extension ResampleFilter {
  /// Pixels to each side that the filter reaches at scale 1.
  var support: Double {
    switch self {
    case .nearest: 0
    case .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    case .mks2013: 2.5
    case .mks2021: 4.5
    }
  }

  fileprivate var kernelNumber: Int32 {
    let number =
      switch self {
      case .nearest: preconditionFailure("NEAREST has no coefficients")
      case .box: TK_FILTER_BOX
      case .bilinear: TK_FILTER_BILINEAR
      case .hamming: TK_FILTER_HAMMING
      case .bicubic: TK_FILTER_BICUBIC
      case .lanczos: TK_FILTER_LANCZOS
      case .mks2013: TK_FILTER_MKS2013
      case .mks2021: TK_FILTER_MKS2021
      }
    return Int32(number)
  }
}

extension PillowGeneration: Comparable {
  /// The older one is less.
  public static func < (a: PillowGeneration, b: PillowGeneration) -> Bool {
    allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
  }

  /// Whether the vertical pass comes first: the 8-bit picture in between makes the order visible.
  func isVerticalFirst(from source: Size, to target: Size) -> Bool {
    let (lessHeight, lessWidth) = (source.height - target.height, source.width - target.width)
    return switch self {
    case .pillow11: false
    case .pillow12_3: source.height > 100 * source.width && lessHeight > 0
    case .pillow13: lessHeight > 0 && lessHeight > 2 * lessWidth
    }
  }
}
