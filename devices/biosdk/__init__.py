"""Local biometric SDKs behind one Protocol: `devices.biosdk.sdk.BioSdk`."""
