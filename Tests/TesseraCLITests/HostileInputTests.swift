import TestSupport
import Testing

@Suite("Hostile files")
struct HostileInputTests {
  @Test("cost bounded time and memory, end without a signal, and say nothing that a terminal obeys")
  func bounded() throws {
    let script = Repository.path("Tests/Torture/hostile.py")
    let photos = Repository.path("samples/photos/food")
    let result = try Shell.run(#"exec python3 "$1" "$TESSERA" --photos "$2""#, [script, photos])
    #expect(result.status == 0, "\(result.errors)")
    // Each of the files was looked at.
    #expect(result.output.split(separator: "\n").count > 60, "\(result.output)")
  }
}
