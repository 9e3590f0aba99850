import CCodecs
import CKernels
import Foundation
import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

/// `make test` runs law 1, the windows and the loader's determinism once more below each ceiling that the machine has;
/// this suite, which runs with them, fails if a loop did not keep to it.
@Suite("SIMD levels")
struct SIMDLevelTests {
  /// The level that these tests were asked to run at: the best if none.
  private static var wanted: SIMDLevel {
    get throws {
      let word = ProcessInfo.processInfo.environment[SIMDLevel.variable] ?? ""
      if word.isEmpty || word == "auto" { return try #require(SIMDLevel.available.last) }
      return try #require(SIMDLevel(rawValue: word), "\(SIMDLevel.variable)=\(word)")
    }
  }

  @Test("every family of loops keeps to the ceiling, and reaches it")
  func choices() throws {
    let level = SIMDLevel.current
    #expect(try level == Self.wanted)
    let resample: ResamplePlan.Loops =
      switch level {
      case .scalar: .scalar
      case .portable: .portable
      case .neon: .neon
      case .avx2: .avx2
      case .avx512: .avx512
      }
    for format in [PixelFormat.gray, .grayAlpha, .rgb, .rgba] {
      for filter in ResampleFilter.allCases where filter != .nearest {
        let source = Size(width: 500, height: 375)
        let request = Resampler.Request(size: Size(width: 224, height: 200), filter: filter)
        let plan = try ResamplePlan(request, source: source, format: format, box: Box(Rect(source)))
        #expect(plan.loops == (resample, resample), "\(format) \(filter)")
      }
    }
    // 1 and 3 channels to planes have loops of AVX-512; all else is looked up value by value.
    let planes = level == .avx512 ? TK_LOOPS_AVX512 : TK_LOOPS_SCALAR
    #expect(tk_planar_loops(3, 0) == Int32(planes) && tk_planar_loops(1, 1) == Int32(planes))
    let isAVX2 = level == .avx2 || level == .avx512
    let codecs = Int32(isAVX2 ? TK_SIMD_AVX2 : TK_SIMD_SCALAR)
    #expect(tc_loops_for_jpeg() == codecs && tc_loops_for_inflate() == codecs)
    #expect(tc_loops_for_checksum() == codecs)
    #expect(tc_loops_for_unfilter() == (level == .neon ? Int32(TK_SIMD_NEON) : codecs))
    #expect((tk_may_use(Int32(TK_AVX2)) != 0) == isAVX2)
    print(
      "tessera: these tests run at SIMD level \(level): resample \(resample), last pass",
      level == .avx512 ? "avx512," : "scalar,", "JPEG and PNG", isAVX2 ? "avx2" : "without AVX2")
  }

  @Test("one file alone asks the processor what it has")
  func onePlace() throws {
    let words = ["__builtin_cpu", "target_clones(", "ifunc", "cpuid", "getauxval"]
    var asking: Set<String> = []
    for folder in ["Sources/CKernels", "Sources/CCodecs"] {
      let root = URL(filePath: Repository.path(folder))
      let files = try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
      #expect(files.count > 20)
      for file in files where file.pathExtension == "c" || file.pathExtension == "h" {
        let text = try String(contentsOf: file, encoding: .utf8)
        if words.contains(where: text.contains) { asking.insert(file.lastPathComponent) }
      }
    }
    #expect(asking == ["simd.c"])
  }

  @Test("words name levels")
  func words() {
    for (number, level) in SIMDLevel.allCases.enumerated() {
      #expect(tk_simd_level_named(level.rawValue) == Int32(number))
      #expect(String(cString: tk_simd_name(Int32(number))) == level.rawValue)
    }
    #expect(tk_simd_level_named("auto") == -1)
    for word in ["", "AVX2", "avx", "avx2 ", "sse2"] { #expect(tk_simd_level_named(word) == -2, "'\(word)'") }
    #expect(SIMDLevel.available.starts(with: [.scalar, .portable]))
  }
}
