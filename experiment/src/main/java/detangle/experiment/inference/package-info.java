/** This package has tasks of inference between texts that are not of GLUE or SuperGLUE: AlphaNLI and XNLI. */
package detangle.experiment.inference;
