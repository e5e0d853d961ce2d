/** Inference between texts that is not of GLUE or SuperGLUE: AlphaNLI and XNLI. */
package detangle.experiment.inference;
