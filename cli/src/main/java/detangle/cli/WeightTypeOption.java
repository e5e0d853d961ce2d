package detangle.cli;

import detangle.ir.DType;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option for the bits in which weights are kept, of the commands that run a model or write one. */
final class WeightTypeOption {
    /** Names as trtexec has them. */
    enum WeightType {
        fp32(DType.F32),
        fp16(DType.F16),
        bf16(DType.BF16);

        private final DType dtype;

        WeightType(DType dtype) {
            this.dtype = dtype;
        }

        DType dtype() {
            return dtype;
        }

        static Optional<WeightType> named(String text) {
            return Arrays.stream(values())
                    .filter(type -> type.name().equals(text))
                    .findFirst();
        }
    }

    @Option(
            names = "--weight-type",
            paramLabel = "TYPE",
            description = "The type in which weights are kept in memory: ${COMPLETION-CANDIDATES}; by default the"
                    + " stored one. The arithmetic is in fp32.")
    private Optional<WeightType> type;

    /** Returns what is to be written; empty for what is stored. */
    Optional<DType> written() {
        return type.map(WeightType::dtype);
    }

    /**
     * Returns what a session narrows weights to; those of 16 bits stay so, as they are computed with in 32 bits anyhow.
     */
    Optional<DType> narrowed() {
        return written().filter(dtype -> dtype != DType.F32);
    }
}
