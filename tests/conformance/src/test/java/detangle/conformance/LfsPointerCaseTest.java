package detangle.conformance;

import org.junit.jupiter.api.Test;

/** A line that says what a file is: a pointer of Git LFS, a web page. */
class LfsPointerCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("19-lfs-pointer");

    @Test
    void aPointerIsCalledOne() {
        CASE.fails(
                1,
                "model.safetensors: it is a pointer of Git LFS and not the file itself: run `git lfs pull`",
                "classify",
                "--model",
                "w-lfs-pointer",
                "hi");
        CASE.fails(1, "pytorch_model.bin: it is a pointer of Git LFS", "classify", "--model", "b-lfs", "hi");
    }

    @Test
    void aWebPageIsCalledOne() {
        CASE.fails(1, "model.safetensors: it is a web page", "classify", "--model", "w-html-instead", "hi");
    }
}
