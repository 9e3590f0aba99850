// swift-tools-version: 6.1
import PackageDescription

// Programs that measure the library from outside, as its users see it: `swift run -c release --package-path Benchmarks …`.
let package = Package(
  name: "benchmarks",
  dependencies: [
    .package(name: "tessera", path: ".."),
    // Without its traits, which want jemalloc: allocations are not counted.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "LoaderScale", dependencies: [.product(name: "Tessera", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "LoaderPeer", dependencies: [.product(name: "Tessera", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    // `make microbench`: one part of the library at a time.
    .executableTarget(
      name: "Micro",
      dependencies: [
        .product(name: "Tessera", package: "tessera"), .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Micro", swiftSettings: [.swiftLanguageMode(.v6)],
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    // Needs libtorch, unlike the others.
    .executableTarget(
      name: "GenerateSpeed", dependencies: [.product(name: "TesseraVLM", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
  ]
)
