// swift-tools-version: 6.1
import PackageDescription

// Products: `Tessera` (the library) and `tessera` (the data command), which need no libtorch; `TesseraVLM` (the
// library of the vision-language trainer) and `tessera-vlm` (its command), which do.
// A target imports only those above it; the library never sees the command's dependencies.
//
// `LIBTORCH=/path/to/torch` (an unzipped libtorch, or the folder `torch` of a wheel) builds against that one instead
// of Debian's libtorch-dev.

/// Every Swift target speaks the same dialect: Swift 6 mode (strict concurrency), explicit `any`.
let dialect: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The libtorch to build against: nil for the system's, which lies in the compiler's default paths.
let libtorch = Context.environment["LIBTORCH"].flatMap { $0.isEmpty ? nil : $0 }

/// -isystem: libtorch's headers warn a great deal. `Gloo` holds what c10d's own headers need of Gloo's.
let libtorchHeaders: [CXXSetting] =
  [.headerSearchPath("Gloo")]
  + (libtorch.map {
    [.unsafeFlags(["-isystem", "\($0)/include", "-isystem", "\($0)/include/torch/csrc/api/include"])]
  } ?? [])

let package = Package(
  name: "tessera",
  products: [
    .library(name: "Tessera", targets: ["Tessera"]),
    .executable(name: "tessera", targets: ["TesseraCLI"]),
    .library(name: "TesseraVLM", targets: ["TesseraVLM"]),
    .executable(name: "tessera-vlm", targets: ["TesseraVLMCLI"]),
  ],
  dependencies: [
    // The command alone: nothing below `TesseraCLI` imports it, so a dependent package never builds it.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Pipelines in YAML and JSON, with the line and column of every node for error messages.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // The loader's words to whoever runs it; the application chooses where they go.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // MARK: system libraries (found by pkg-config; `make` installs them)
    .systemLibrary(name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CLibWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLCMS2", pkgConfig: "lcms2", providers: [.apt(["liblcms2-dev"])]),
    // SHA-256 of OpenSSL, with the machine's instructions for it.
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // HTTP and TLS, for shards on servers.
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    // DLPack's structures, a header alone.
    .systemLibrary(name: "CDLPack"),

    // MARK: C
    // Hot loops, one file an operation. No flags: float contraction is turned off by pragma in each
    // file, so that a dependent package (which may not use unsafe flags) computes the same bits.
    .target(name: "CKernels"),
    // The only place with libpng, libjpeg, libwebp, lcms2, zlib and setjmp.
    .target(
      name: "CCodecs", dependencies: ["CKernels", "CLibPNG", "CLibJPEG", "CLibWebP", "CLCMS2", "CZlib"]),
    // The only place with libcurl, whose options are variadic calls.
    .target(name: "CHTTP", dependencies: ["CCurl"]),

    // MARK: the library
    .target(name: "TesseraCore", dependencies: ["CKernels"], swiftSettings: dialect),
    .target(
      name: "TesseraCodecs", dependencies: ["TesseraCore", "CCodecs", "CKernels"],
      swiftSettings: dialect),
    .target(
      name: "TesseraTransforms",
      dependencies: [
        "TesseraCore", "TesseraCodecs", "CKernels", .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: dialect),
    .target(
      name: "TesseraData",
      dependencies: [
        "TesseraCore", "TesseraCodecs", "TesseraTransforms", "CCodecs", "CCrypto", "CDLPack", "CHTTP",
        "CZlib",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: dialect),
    .target(
      name: "Tessera",
      dependencies: ["CDLPack", "TesseraCore", "TesseraCodecs", "TesseraTransforms", "TesseraData"],
      swiftSettings: dialect),

    // MARK: the command
    // What both commands say to people: lines, tables, numbers in words.
    .target(name: "TesseraTerminal", dependencies: ["TesseraCore"], swiftSettings: dialect),
    .executableTarget(
      name: "TesseraCLI",
      dependencies: [
        "Tessera", "TesseraTerminal", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: dialect),

    // MARK: the vision-language model
    // Tokenizers, chat templates, samples of text: no libtorch, so that its tests and users need none.
    .target(name: "TesseraText", dependencies: ["TesseraCore"], swiftSettings: dialect),
    // Data sets to train on: readers and their report, Shapes, Emoji. No libtorch.
    .target(
      name: "TesseraCorpora", dependencies: ["Tessera", "TesseraText", "TesseraCore", "TesseraData"],
      swiftSettings: dialect),
    // What a run leaves behind: log lines, TensorBoard's events, the report. No libtorch.
    .target(
      name: "TesseraTracking", dependencies: ["TesseraCore", "TesseraTerminal"], swiftSettings: dialect),
    // libtorch behind a C header.
    .target(
      name: "CTorch",
      cxxSettings: libtorchHeaders,
      // By path: pkg-config's -L of the other libraries may come first, and hold the system's libtorch.
      linkerSettings: (libtorch.map {
        [
          .unsafeFlags(
            ["\($0)/lib/libtorch_cpu.so", "\($0)/lib/libc10.so", "-rpath", "\($0)/lib"].flatMap {
              ["-Xlinker", $0]
            })
        ]
      } ?? [.linkedLibrary("torch_cpu"), .linkedLibrary("c10")]) + [.linkedLibrary("m")]),
    .target(
      name: "TesseraVLM",
      dependencies: [
        "CTorch", "Tessera", "TesseraCorpora", "TesseraText", "TesseraTracking", "TesseraTerminal",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: dialect),
    .executableTarget(
      name: "TesseraVLMCLI",
      dependencies: [
        "Tessera", "TesseraCorpora", "TesseraData", "TesseraTerminal", "TesseraText", "TesseraTracking",
        "TesseraVLM",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: dialect),

    // MARK: tests
    .target(
      name: "TestSupport", dependencies: ["Tessera"], path: "Tests/Support",
      swiftSettings: dialect),
    // What the fuzzer gives bytes to (the package in Fuzz/), and what replays the bytes that it found.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "TesseraCore", "TesseraCodecs", "TesseraTransforms", "TesseraData", "TesseraText", "TesseraCorpora",
        "TesseraTracking", "CCodecs", "CZlib",
      ],
      path: "Fuzz/Sources/FuzzTargets", swiftSettings: dialect),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"], swiftSettings: dialect),
    .testTarget(
      name: "TesseraCoreTests", dependencies: ["TesseraCore", "CKernels", "TestSupport"],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraCodecsTests",
      dependencies: ["TesseraCore", "TesseraCodecs", "CCodecs", "CKernels", "TestSupport"],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraTransformsTests",
      dependencies: [
        "TesseraCore", "TesseraCodecs", "TesseraTransforms", "CCodecs", "CKernels", "TestSupport",
      ],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraDataTests",
      dependencies: ["Tessera", "TestSupport", .product(name: "Logging", package: "swift-log")],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraCLITests", dependencies: ["Tessera", "TestSupport"], swiftSettings: dialect),
    .testTarget(
      name: "TesseraTextTests", dependencies: ["TesseraCore", "TesseraText", "TestSupport"],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraCorporaTests",
      dependencies: [
        "Tessera", "TesseraCore", "TesseraData", "TesseraCorpora", "TesseraText", "TestSupport",
      ],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraTrackingTests",
      dependencies: ["Tessera", "TesseraCore", "TesseraTracking", "TestSupport"],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraVLMTests",
      dependencies: [
        "Tessera", "TesseraCore", "TesseraCorpora", "TesseraData", "TesseraVLM", "TesseraText",
        "TesseraTracking",
        "TestSupport",
      ],
      swiftSettings: dialect),
    .testTarget(
      name: "TesseraVLMCLITests",
      dependencies: [
        "Tessera", "TesseraCore", "TesseraCorpora", "TesseraData", "TesseraText", "TesseraTracking",
        "TesseraVLM",
        "TestSupport",
      ],
      swiftSettings: dialect),
  ],
  // libtorch 1.13's headers do not compile as C++20, those from 2.15 on want it.
  cxxLanguageStandard: libtorch == nil ? .cxx17 : .cxx20
)

// Documentation needs a plugin that nobody who only builds should have to fetch: `make docs` asks for it.
if Context.environment["TESSERA_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

// The readers' targets are no product but for the fuzzer.
if Context.environment["TESSERA_FUZZ"] != nil {
  package.products.append(.library(name: "FuzzTargets", targets: ["FuzzTargets"]))
}
