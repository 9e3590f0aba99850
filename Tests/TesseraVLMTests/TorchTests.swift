import Testing

import TesseraVLM

@Suite("libtorch")
struct TorchTests {
  @Test("says its version")
  func version() { #expect(TorchVersion.compiled.contains(".")) }
}
