import Testing

@testable import TesseraVLM

@Suite("libtorch")
struct TorchTests {
  @Test("says its version")
  func version() { #expect(TorchRuntime.version.contains(".")) }
}
