/**
 * The matrix unit of Intel's processors (AMX): tiles of 16 rows by 64 bytes, whose products multiply numbers of 16 bits
 * and add in 32. Java has no instruction for it, so a few kernels are written as machine code at run time. The same
 * kernels are there in Java, with equal bits, for every other machine.
 */
package detangle.backend.vector.amx;
