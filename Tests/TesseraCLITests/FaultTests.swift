#if os(Linux)
  import TestSupport
  import Tessera
  import Testing

  @Suite("a disk that fails", .serialized)
  struct FaultTests {
    @Test(
      "a file operation that fails ends in the right bytes or in an error that names file and reason (a sample of make torture)"
    )
    func sample() throws {
      let result = try Shell.run(
        #"cd "$1" && exec python3 Tests/Torture/faults.py "$TESSERA" --quick --seed 1"#, [Repository.path("")]
      )
      #expect(result.status == 0, "\(result.output)\(result.errors)")
      // Nothing fired would be nothing tried.
      #expect(result.output.contains("faults in"), "\(result.output)")
    }
  }
#endif
