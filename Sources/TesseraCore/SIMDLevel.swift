private import CKernels

/// Which of the processor's vector instructions Tessera's own loops use.
///
/// All levels give the same bytes. The environment variable `TESSERA_SIMD` sets a ceiling for the process, to find an
/// error or to measure; what codec libraries do inside is theirs.
public enum SIMDLevel: String, Sendable, CaseIterable {
  /// The loops that are the specification.
  case scalar
  /// Plain C, as the compiler vectorises it for the oldest machine of the architecture.
  case portable
  /// arm64.
  case neon
  /// x86-64 with AVX2, SSE 4.1 and BMI 2.
  case avx2
  /// x86-64 with AVX-512 F, BW, VL, VBMI and VNNI.
  case avx512

  /// The environment variable with the ceiling: a level's name, or `auto`.
  public static let variable = "TESSERA_SIMD"

  /// The level at work: the highest that the machine has and the ceiling allows.
  public static var current: SIMDLevel { allCases[Int(tk_simd_level())] }

  /// Those that this machine has, the best one last.
  public static var available: [SIMDLevel] { allCases.filter { tk_simd_is_here($0.number) != 0 } }

  /// The number of a level in C.
  private var number: Int32 { tk_simd_level_named(rawValue) }

  /// Refuses a ceiling that is not the name of a level.
  ///
  /// - Throws: `invalidArgument` with the variable's name, what is allowed and what it says.
  public static func checkEnvironment() throws {
    guard let word = tk_simd_unknown_word() else { return }
    let allowed = (allCases.map(\.rawValue) + ["auto"]).joined(separator: ", ")
    throw TesseraError(
      .invalidArgument(name: variable, expected: "one of \(allowed)", got: "'\(String(cString: word))'"))
  }
}
