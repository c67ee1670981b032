"""The local emulator of API Gateway and Lambda: reads `template.yaml`, opens its doors here."""
