import TesseraVLM
import Testing

@Suite("Torch runtime", .serialized)
struct TorchRuntimeTests {
  @Test("reports library, BLAS, kernels, threads and CUDA")
  func report() throws {
    let lines = Dictionary(uniqueKeysWithValues: TorchRuntime.report.map { ($0.name, $0.value) })
    let library = try #require(lines["libtorch"])
    #expect(library.hasPrefix(TorchRuntime.version) && library.contains("libtorch_cpu.so"))
    #expect(lines["threads"] == "\(TorchRuntime.threads)")
    #expect(lines["CPU kernels"] == TorchRuntime.cpuCapability)
    #expect(lines["CUDA"] == (TorchRuntime.hasCUDA ? "\(TorchRuntime.cudaDevices) devices" : "none"))
    #expect(lines["BLAS"] != "unknown")
    #expect(lines.keys.contains("freed memory") && lines.keys.contains("OPENBLAS_CORETYPE"))
  }

  @Test("chooses OpenBLAS's AVX-512 kernels only where they are to be had, and nobody has chosen")
  func core() {
    func core(_ chosen: String?, _ has: Bool, _ environment: [String: String] = [:]) -> String? {
      TorchRuntime.betterCore(environment: environment, chosen: chosen, hasAVX512: has)
    }
    #expect(core("Zen", true) == "SkylakeX")
    #expect(core("Haswell", true) == "SkylakeX")
    #expect(core("SkylakeX", true) == nil)
    #expect(core("Cooperlake", true) == nil)
    #expect(core("Zen", false) == nil)
    #expect(core(nil, true) == nil)
    #expect(core("Haswell", true, ["OPENBLAS_CORETYPE": "Haswell"]) == nil)
    #expect(core("Zen", true, [TorchRuntime.marker: "1"]) == nil)
  }

  @Test("takes a thread a core, or as many as the user says")
  func threads() {
    #expect(TorchRuntime.chosenThreads(environment: [:], cores: 6) == 6)
    #expect(TorchRuntime.chosenThreads(environment: ["OMP_NUM_THREADS": "3"], cores: 6) == 3)
    #expect(TorchRuntime.chosenThreads(environment: ["OMP_NUM_THREADS": "3,2"], cores: 6) == 3)
    #expect(TorchRuntime.chosenThreads(environment: ["OMP_NUM_THREADS": "all"], cores: 6) == 6)
    let before = TorchRuntime.threads
    TorchRuntime.threads = 1
    #expect(TorchRuntime.threads == 1)
    TorchRuntime.threads = before
  }

  @Test("draws the same numbers from the same seed")
  func seed() {
    TorchRuntime.seed(7)
    let first = TorchTensor.randn([4])
    TorchRuntime.seed(7)
    #expect(first.isEqual(to: TorchTensor.randn([4])))
    #expect(!first.isEqual(to: TorchTensor.randn([4])))
    let drawn = TorchTensor([0, 1, 0] as [Float]).multinomial(5, replacement: true)
    #expect(drawn.array(of: Int.self) == [1, 1, 1, 1, 1])
    let uniform = TorchTensor.rand([100])
    #expect(uniform.min().item >= 0 && uniform.max().item < 1)
  }

  @Test("turns deterministic algorithms on and off")
  func deterministic() {
    let before = TorchRuntime.isDeterministic
    TorchRuntime.isDeterministic = true
    #expect(TorchRuntime.isDeterministic)
    TorchRuntime.isDeterministic = before
  }
}
